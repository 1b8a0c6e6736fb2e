// What goes wrong in a home, one thing at a time; each is over when its promise resolves.
import { rename } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { Home, Service } from './home.ts';

export interface Fault {
  readonly name: string;
  readonly happen: (home: Home) => Promise<void>;
}

export const faults: readonly Fault[] = [
  { name: 'loop-api killed', happen: (home) => replace(home, 'api', 'kill') },
  { name: 'loop-auth killed', happen: (home) => replace(home, 'auth', 'kill') },
  { name: 'loop-api restarted', happen: (home) => replace(home, 'api', 'stop') },
  { name: 'loop-auth restarted', happen: (home) => replace(home, 'auth', 'stop') },
  { name: 'loop-auth stands still for 4 s', happen: (home) => freeze(home, 'auth', 4_000) },
  { name: 'loop-api stands still for 3 s', happen: (home) => freeze(home, 'api', 3_000) },
  { name: 'database locked for 8 s', happen: lockDatabase },
  { name: 'network cut for 3 s', happen: (home) => cut(home, ['auth', 'api']) },
  { name: 'cut between the services for 5 s', happen: (home) => cut(home, ['between'], 5_000) },
  { name: 'network slow for 6 s', happen: slowDown },
  { name: 'folder of notes away for 4 s', happen: takeVaultAway },
  { name: 'clock an hour on', happen: (home) => home.moveClock(3_600) },
  { name: 'clock 90 s back', happen: (home) => home.moveClock(-90) },
];

async function replace({ pair }: Home, service: Service, way: 'kill' | 'stop'): Promise<void> {
  await pair[way](service);
  await delay(500);
  await pair.start(service);
}

async function freeze(home: Home, service: Service, forMs: number): Promise<void> {
  home.signal(service, 'SIGSTOP');
  await delay(forMs);
  home.signal(service, 'SIGCONT');
}

/** As another program that writes to it would, a backup's say. */
async function lockDatabase({ pair }: Home): Promise<void> {
  const database = new Sqlite(pair.databaseUrl.replace('sqlite:', ''));
  try {
    database.exec('BEGIN IMMEDIATE');
    await delay(8_000);
    database.exec('ROLLBACK');
  } finally {
    database.close();
  }
}

type CableName = keyof Home['cables'];

async function cut({ cables }: Home, names: readonly CableName[], forMs = 3_000): Promise<void> {
  for (const name of names) cables[name].cut();
  await delay(forMs);
  for (const name of names) cables[name].mend();
}

async function slowDown({ cables }: Home): Promise<void> {
  for (const cable of Object.values(cables)) cable.delayMs = 250;
  await delay(6_000);
  for (const cable of Object.values(cables)) cable.mend();
}

async function takeVaultAway({ vault }: Home): Promise<void> {
  await rename(vault, `${vault}-elsewhere`);
  await delay(4_000);
  await rename(`${vault}-elsewhere`, vault);
}
