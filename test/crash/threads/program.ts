// The program of threads.test.ts: begins and ends threads in every way that the code does, some of them while others begin,
// beside a vault that is asked all along. Arguments: a folder of its own, how many threads, a seed, `close` or `exit`.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { startBackups } from '../../../adapters/backups/nightly.ts';
import { LogKeeper } from '../../../adapters/database/log/log-keeper.ts';
import { IndexHost } from '../../../api/vault/index/thread/host.ts';
import { openVault, type Vault } from '../../../api/vault/vault.ts';
import { createRandom, makeNotes, vocabulary } from '../../../scripts/bench/api/notes.ts';
import { until } from '../../support/until.ts';

const [top = '', count = '200', seed = '1', end = 'close'] = process.argv.slice(2);
const random = createRandom(Number(seed));
const choose = createRandom(Number(seed));
const databasePath = join(top, 'auth.db');
const { directory } = makeNotes(20);

/**
 * What a thread of a few lines does; `open` leaves a statement before its end. All that they make they keep: what is left to
 * the collector takes the process with it (docs/decisions/ends-of-threads.md). Without types: those cost a thread 50 ms.
 */
const bodies = {
  speaks: 'parentPort.postMessage(1);',
  staysOpen: 'open(); parentPort.postMessage(1);',
  exits: 'open(); process.exit();',
  throws: 'open(); throw new Error("on purpose");',
  asks: 'const asked = open(); parentPort.postMessage(1); for (;;) asked.all();',
  scans: 'open(); parentPort.postMessage(1); kept.long.get();',
  calls: 'fetch(workerData.url).then((answer) => answer.text()).then(() => parentPort.postMessage(1));',
};
const prelude = `
  const { parentPort, workerData } = require('node:worker_threads');
  const kept = (globalThis.kept = {});
  const open = () => {
    const Sqlite = require(workerData.addon);
    kept.one = new Sqlite(workerData.databasePath);
    kept.rows = kept.one.prepare('SELECT x FROM t').iterate();
    kept.rows.next();
    kept.other = new Sqlite(workerData.databasePath);
    kept.long = kept.other.prepare('SELECT count(*) FROM t, t AS u');
    return (kept.short = kept.other.prepare('SELECT x FROM t LIMIT 20'));
  };`;
const workerData = {
  addon: createRequire(import.meta.url).resolve('better-sqlite3'),
  databasePath,
  url: '',
};

const ends: Promise<unknown>[] = [];
/** Resolves to a thread when it has said its word or is no more. */
async function start(body: keyof typeof bodies): Promise<Worker> {
  const worker = new Worker(prelude + bodies[body], { eval: true, workerData });
  const word = Promise.withResolvers<void>();
  ends.push(new Promise((resolve) => worker.once('exit', resolve)));
  for (const event of ['message', 'error', 'exit'] as const) worker.once(event, () => word.resolve());
  await word.promise;
  return worker;
}

function makeDatabase(): void {
  const database = new Sqlite(databasePath);
  database.pragma('journal_mode = WAL');
  database.exec('CREATE TABLE t (x TEXT)');
  // What a backup is checked by.
  database.exec('CREATE TABLE knex_migrations (name TEXT); CREATE TABLE backups (made_at INTEGER)');
  for (const table of ['accounts', 'clients', 'grants']) database.exec(`CREATE TABLE ${table} (id TEXT)`);
  const insert = database.prepare('INSERT INTO t VALUES (?)');
  database.transaction(() => {
    for (let row = 0; row < 2000; row += 1) insert.run(`${row} `.repeat(100));
  })();
  database.close();
}

async function openIndexed(indexPath: string): Promise<Vault> {
  const vault = await openVault({ directory, indexPath });
  await until(() => !vault.progress().building, 'the index', 60_000);
  return vault;
}

makeDatabase();
const vault = await openIndexed(join(top, 'index.db'));
const ask = (): Promise<unknown> =>
  vault.search(vocabulary.english[Math.floor(random() * 100)] ?? '', { limit: 5 });
const server = createServer((req, res) => {
  req.resume().once('end', () => {
    void ask().then((found) => res.end(JSON.stringify({ structuredContent: found })));
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
workerData.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

/** In each of these a thread begins and ends, or is left to end while the next begins. */
const ways = {
  speaks: () => start('speaks'),
  'stays open': () => start('staysOpen'),
  exits: () => start('exits'),
  throws: () => start('throws'),
  'is terminated': terminateSoon,
  'is terminated in a long statement': async () => (await start('scans')).terminate(),
  'asks the server': () => start('calls'),
  'keeps an index and is told to end': async () => {
    const other = await openIndexed(':memory:');
    await other.close();
  },
  'keeps an index and is terminated': terminateIndexing,
  'keeps the log short': async () => {
    const paths = { database: databasePath, log: `${databasePath}-wal`, idleWrite: 'DELETE FROM t WHERE 0' };
    const keeper = new LogKeeper(paths, () => undefined);
    keeper.shorten(Number.MAX_SAFE_INTEGER);
    await keeper.close();
  },
  // a program and no thread: it may be killed at any moment
  'makes a backup and is killed': async () => {
    const wish = { databasePath, folder: join(top, 'backups'), keep: 1, encryptionKey: 'k'.repeat(32) };
    const backups = startBackups({ ...wish, onMade: () => undefined, onFailed: () => undefined });
    await setTimeout(random() * 150);
    await backups.stop();
  },
} satisfies Record<string, () => Promise<unknown>>;

/** Whatever it is in the middle of, as a start that fails ends what has begun. */
async function terminateSoon(): Promise<void> {
  const worker = await start('asks');
  await setTimeout(random() * 20);
  await worker.terminate();
}

/** As IndexThread.stop() does with a thread that does not answer. */
async function terminateIndexing(): Promise<void> {
  const host = new IndexHost();
  const busy = Promise.withResolvers<void>();
  const index = host.add({ onNews: () => busy.resolve(), onEnd: () => busy.resolve() });
  const options = { root: directory, indexPath: join(top, 'other.db'), isPolling: false, patterns: [] };
  host.tell({ kind: 'open', index, options: { ...options, filters: undefined, folders: undefined } });
  await busy.promise;
  await host.remove(index, false);
}

/** Of 200 threads; the others only speak, as those of the benchmark do to whoever starts the next. */
const shares: Partial<Record<keyof typeof ways, number>> = {
  'stays open': 12,
  exits: 8,
  throws: 8,
  'is terminated': 20,
  'is terminated in a long statement': 2,
  'asks the server': 5,
  'keeps an index and is told to end': 2,
  'keeps an index and is terminated': 3,
  'keeps the log short': 1,
  'makes a backup and is killed': 2,
};

function chooseWay(): keyof typeof ways {
  let place = choose() * 200;
  for (const [way, share] of Object.entries(shares)) {
    place -= share;
    if (place < 0) return way as keyof typeof ways;
  }
  return 'speaks';
}

// All at once and from a source of their own, so that a seed gives the same ones again.
const turns = Array.from({ length: Number(count) }, chooseWay);
const counts: Record<string, number> = {};
for (const way of turns) counts[way] = (counts[way] ?? 0) + 1;
/** Two at a time, so that one also begins while another is in the middle of its end. */
const lanes = [1, 2].map(async () => {
  for (let way = turns.pop(); way !== undefined; way = turns.pop()) await Promise.all([ways[way](), ask()]);
});
await Promise.all(lanes);
console.log(JSON.stringify(counts));
if (end === 'exit') {
  // As a start that fails does: with threads that are in the middle of something.
  await Promise.all([start('asks'), start('asks')]);
  process.exit();
}
await Promise.all(ends);
server.closeAllConnections();
server.close();
await vault.close();
