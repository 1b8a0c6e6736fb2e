// Ten thousand guesses at two accounts from a hundred addresses, over four hours, killed processes and, on PostgreSQL, two
// processes at once: how many were tried in each hour, and that the owner signs in meanwhile.
import { scryptSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import type { Database } from '../../adapters/database/database.ts';
import { type Account, AccountStore } from '../../adapters/stores/accounts.ts';
import { createCounter } from '../../auth/http/limits/limit.ts';
import { placeOf } from '../../auth/people/sign-in-limits.ts';
import { Pair } from '../../scripts/demo/pair.ts';
import {
  asAdministrator,
  createFolder,
  type Engine,
  engines,
  open,
  postgresUrl,
} from '../support/databases.ts';
import { counterSalt, fixCounters } from '../support/limits.ts';
import { until } from '../support/until.ts';

// Ten thousand requests: more than the usual two minutes on a busy machine.
t.setTimeout(600_000);

// A password waits for its turn among eighteen at most.
const [addresses, atOnce] = [100, 16];
/** In each of so many hours; fewer where no server is at hand. */
const [hours, guessesAnHour] = postgresUrl === undefined ? [2, 1000] : [4, 2500];
const names = ['ann', 'ben'] as const;
const password = 'a sentence that only its owner knows';

/** What auth/http/limits/limits.ts lets all the world try at one account within an hour. */
const mostAnHour = 100;

const counterOf = createCounter(counterSalt);

const salt = Buffer.alloc(16);
const key = scryptSync(password, salt, 32, { N: 2 ** 4, r: 8, p: 1 }).toString('base64url');
/** As of the first days of computers: what is measured is how often it is asked for, not what it costs. */
const cheap = `$scrypt$ln=4,r=8,p=1$${salt.toString('base64url')}$${key}`;

class World {
  readonly pairs: readonly Pair[];
  readonly accounts: AccountStore;
  readonly #clockFile: string;
  #offMs = 0;
  #device = '';
  #owner = 0;
  readonly #ownersPlaces = new Set<string>();

  constructor(pairs: readonly Pair[], database: Database, clockFile: string) {
    this.pairs = pairs;
    this.accounts = new AccountStore(database);
    this.#clockFile = clockFile;
  }

  /** A sign-in at one process or the other. */
  post(n: number, address: string, form: Record<string, string>, cookie = ''): Promise<Response> {
    const { authOrigin = '' } = this.pairs[n % this.pairs.length] ?? {};
    return fetch(`${authOrigin}/account/sign-in`, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { 'X-Forwarded-For': address, Cookie: cookie },
      redirect: 'manual',
    });
  }

  /** `isAtHome`: from an address that happens to be counted where a place of the owner's is, so that the account's limit does not hold. */
  async guess(n: number): Promise<{ name: string; status: number; isAtHome: boolean }> {
    const name = names[(n >> 1) % names.length] ?? '';
    const address = `192.0.2.${n % addresses}`;
    const isAtHome = this.#ownersPlaces.has(counterOf(placeOf(address, name, cheap)));
    const response = await this.post(n, address, { username: name, password: `guess ${n}` });
    await response.text();
    return { name, status: response.status, isAtHome };
  }

  /** Ann, wherever she is, in the one browser that she has. */
  async signInAsOwner(): Promise<number> {
    this.#owner += 1;
    const address = `198.51.100.${this.#owner}`;
    const { status, headers } = await this.post(
      this.#owner,
      address,
      { username: 'ann', password },
      this.#device,
    );
    const set = headers.getSetCookie().find((one) => one.startsWith('loop_device='));
    if (set) this.#device = set.replace(/;.*/s, '');
    const account = (await this.accounts.findByUsername('ann')) as Account;
    this.#ownersPlaces.add(counterOf(placeOf(address, 'ann', account.passwordHash)));
    await this.accounts.renewHash(account, cheap);
    return status;
  }

  async restart(n: number): Promise<void> {
    const pair = this.pairs[n % this.pairs.length];
    await pair?.kill('auth');
    await pair?.start('auth');
  }

  /** Resolves once each process has seen it: an hour's lock-out is over for it. */
  async moveAnHour(): Promise<void> {
    this.#offMs += 3_601_000;
    await writeFile(this.#clockFile, String(this.#offMs));
    for (const pair of this.pairs) process.kill(Number(pair.pid('auth')), 'SIGUSR2');
    for (const [n] of this.pairs.entries()) {
      const later = async (): Promise<boolean> =>
        (await this.post(n, '203.0.113.1', { username: 'ann', password: 'x' })).status === 401;
      await until(later, 'the clock of a process');
    }
  }
}

async function startWorld(t: Test, engine: Engine): Promise<World> {
  const url = await engine.create(t);
  const database = await open(t, url);
  await fixCounters(database);
  for (const name of names) await new AccountStore(database).create(name, cheap);
  const clockFile = join(createFolder(t), 'clock');
  const preload = pathToFileURL(join(import.meta.dirname, '../../scripts/soak/moved-clock.ts')).href;
  const shared = {
    AUTH_DATABASE_URL: url,
    AUTH_TRUSTED_PROXIES: '127.0.0.1,::1',
    API_CLIENT_SECRET: 'the secret of loop-api, 32 signs',
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${preload}`,
    SOAK_CLOCK_FILE: clockFile,
  };
  const pairs: Pair[] = [];
  // A SQLite file has one process.
  for (let n = 0; n < (engine.name === 'SQLite' ? 1 : 2); n += 1) {
    const { issuer, resource } = pairs[0] ?? {};
    const same = issuer && resource ? { AUTH_ISSUER: issuer, API_RESOURCE: resource } : {};
    const pair = await Pair.create({ ...shared, ...same });
    t.teardown(() => pair.close());
    await pair.start('auth');
    pairs.push(pair);
  }
  return new World(pairs, database, clockFile);
}

type Statuses = Record<number, number>;

/** Guesses of an hour by account and status, with the owner's sign-ins and a killed process in between. */
async function guessAnHour(
  world: World,
  hour: number,
): Promise<{ byName: Map<string, Statuses>; owner: number[] }> {
  const byName = new Map<string, Statuses>(names.map((name) => [name, {}]));
  const owner: number[] = [];
  for (let n = 0; n < guessesAnHour; n += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, guessesAnHour - n) }, (_, m) =>
      world.guess(hour * guessesAnHour + n + m),
    );
    for (const { name, status, isAtHome } of await Promise.all(batch)) {
      if (isAtHome) continue;
      const statuses = byName.get(name) ?? {};
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    if (n === 4 * atOnce) await world.restart(hour);
    if (n % (31 * atOnce) === 15 * atOnce) owner.push(await world.signInAsOwner());
  }
  return { byName, owner };
}

// On PostgreSQL where there is one.
const engine = engines.at(-1) as Engine;

t.test(
  `${engine.name}: of ${hours * guessesAnHour} guesses a hundred an hour are tried at an account, whatever restarts, and its owner signs in`,
  async (t) => {
    const world = await startWorld(t, engine);
    t.equal(await world.signInAsOwner(), 303);
    t.comment('hour  account  sent  tried  told to wait');
    for (let hour = 0; hour < hours; hour += 1) {
      const { byName, owner } = await guessAnHour(world, hour);
      for (const [name, statuses] of byName) {
        const { 401: tried = 0, 429: refused = 0, ...others } = statuses;
        t.comment(`${hour + 1}     ${name}      ${tried + refused}  ${tried}    ${refused}`);
        // One of Ann's was spent on looking at each clock.
        const looked = name === 'ann' && hour > 0 ? world.pairs.length : 0;
        t.equal(tried, mostAnHour - looked, `${name} in hour ${hour + 1}`);
        t.same(others, {}, 'nothing else was answered');
      }
      t.ok(
        owner.length > 1 && owner.every((status) => status === 303),
        `the owner signs in, wherever she is: ${owner}`,
      );
      const elsewhere = await world.post(hour, '203.0.113.9', { username: 'ann', password });
      t.equal(elsewhere.status, 429, 'in no other browser');
      if (hour + 1 < hours) await world.moveAnHour();
    }
    if (engine.name === 'SQLite') return;
    const [, name = ''] = /\/(\w+)$/.exec(world.pairs[0]?.databaseUrl ?? '') ?? [];
    await asAdministrator(`drop database ${name} with (force)`);
    t.equal(
      (await world.post(0, '203.0.113.9', { username: 'ann', password })).status,
      503,
      'with no database',
    );
    await asAdministrator(`create database ${name}`);
  },
);
