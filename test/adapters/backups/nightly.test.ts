// When a backup is made by itself, how many stay, and what is left of one that failed.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { readBackup } from '../../../adapters/backups/copy.ts';
import { listBackups, pathOfBackup } from '../../../adapters/backups/folder.ts';
import { makeKeptBackup } from '../../../adapters/backups/kept-backup.ts';
import { type Backups, isBackupDue, startBackups } from '../../../adapters/backups/nightly.ts';
import { isSealed, unsealFile } from '../../../adapters/backups/sealed-file.ts';
import type { Database } from '../../../adapters/database/database.ts';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { shiftClock } from '../../support/clock.ts';
import { createFolder, open } from '../../support/databases.ts';

const day = 24 * 3600;
const at = (text: string): number => new Date(text).getTime() / 1000;

interface World {
  readonly database: Database;
  readonly databasePath: string;
  readonly folder: string;
}

async function makeWorld(t: Test): Promise<World> {
  const top = createFolder(t);
  const databasePath = join(top, 'auth.db');
  const database = await open(t, `sqlite:${databasePath}`);
  await new AccountStore(database).create('ann', 'hash');
  return { database, databasePath, folder: join(top, 'backups') };
}

/** Three stay, and none may fail. */
function start(t: Test, { databasePath, folder }: World, made: number[]): Backups {
  return startBackups({
    databasePath,
    folder,
    keep: 3,
    encryptionKey: undefined,
    onMade: ({ madeAt }) => made.push(madeAt),
    onFailed: (error) => t.fail(String(error)),
  });
}

t.test('one is due after each night, once, and where there is none', (t) => {
  const night = '2026-11-27T03:20:00';
  for (const [latest, now, isDue] of [
    [undefined, '2026-11-27T12:00:00', true],
    ['2026-11-26T03:20:00', '2026-11-27T03:19:00', false],
    ['2026-11-26T03:20:00', night, true],
    [night, '2026-11-27T03:21:00', false],
    // Another start in the same night, with a later minute.
    ['2026-11-27T03:02:00', '2026-11-27T03:30:00', false],
    ['2026-11-27T02:00:00', '2026-11-27T12:00:00', true],
    // Off for a week.
    ['2026-11-20T03:20:00', '2026-11-27T01:00:00', true],
    ['2026-11-26T03:20:00', '2026-11-27T03:00:00', false],
  ] as const) {
    t.equal(isBackupDue(latest && at(latest), at(now), 20), isDue, `${latest} at ${now}`);
  }
  for (const minute of [0, 59]) {
    for (let now = at('2026-11-27T00:00:00'); now < at('2026-11-28T00:00:00'); now += 600) {
      if (!isBackupDue(now - day - 1, now, minute)) t.fail(`${now}: older than a day`);
    }
  }
  t.end();
});

t.test(
  'one that is under way is ended at once when loop-auth stops, and is made at the next start',
  async (t) => {
    const world = await makeWorld(t);
    const made: number[] = [];
    const backups = start(t, world, made);
    await backups.stop();
    t.same(made, []);
    const next = start(t, world, made);
    await next.runIfDue();
    t.equal(made.length, 1);
    await next.stop();
  },
);

t.test('at the start where the last is older than a day, then each night; the newest N stay', async (t) => {
  const world = await makeWorld(t);
  const { folder } = world;
  const clock = shiftClock(t);
  const made: number[] = [];
  const backups = start(t, world, made);
  t.teardown(backups.stop);
  await backups.runIfDue();
  t.equal(made.length, 1);
  for (let night = 1; night <= 4; night += 1) {
    clock.advance(day);
    await Promise.all([backups.runIfDue(), backups.runIfDue()]);
    await backups.runIfDue();
    t.equal(made.length, night + 1, 'one a night');
  }
  const kept = listBackups(folder);
  t.same(
    kept.map(({ madeAt }) => madeAt),
    made.slice(-3).reverse(),
  );
  t.equal(statSync(folder).mode & 0o777, 0o700);
  for (const { path } of kept) {
    t.match(readBackup(path), { accounts: 1 });
    t.equal(statSync(path).mode & 0o777, 0o600, 'for its owner only');
  }
});

t.test('what fails is told, tried again a quarter of an hour later, and leaves nothing behind', async (t) => {
  const { databasePath, folder } = await makeWorld(t);
  const clock = shiftClock(t);
  let made = 0;
  const failures: unknown[] = [];
  // A file where the folder should be: the same whoever runs the test.
  writeFileSync(folder, '');
  const backups = startBackups({
    databasePath,
    folder,
    keep: 3,
    encryptionKey: undefined,
    onMade: () => {
      made += 1;
    },
    onFailed: (error) => failures.push(error),
  });
  t.teardown(backups.stop);
  await backups.runIfDue();
  t.match(failures, [{ code: 'ENOTDIR' }]);
  clock.advance(600);
  await backups.runIfDue();
  t.equal(failures.length, 1, 'not at once');
  clock.advance(300);
  await backups.runIfDue();
  t.equal(failures.length, 2);
  rmSync(folder);
  clock.advance(901);
  await backups.runIfDue();
  t.equal(made, 1);
  t.equal(readdirSync(folder).length, 1);
});

t.test('a folder below one that is not there is not made: that is a share that is not mounted', async (t) => {
  const { databasePath, folder } = await makeWorld(t);
  const wish = { databasePath, folder: join(folder, 'deeper'), keep: 1, encryptionKey: undefined, now: 1 };
  t.throws(() => makeKeptBackup(wish), { code: 'ENOENT' });
  t.notOk(existsSync(folder));
});

t.test('one made by a newer version of loop is refused as such, and no restore begins', async (t) => {
  const { databasePath, folder } = await makeWorld(t);
  makeKeptBackup({ databasePath, folder, keep: 1, encryptionKey: undefined, now: 1000 });
  const [{ path } = { path: '' }] = listBackups(folder);
  const newer = new Sqlite(path);
  newer.exec("INSERT INTO knex_migrations (name, batch) VALUES ('9999-of-tomorrow', 9)");
  newer.close();
  t.throws(() => readBackup(path), { name: 'BackupRefused', message: /newer version.*9999-of-tomorrow/ });
});

t.test('of a database that is damaged no backup is made, and the good ones stay', async (t) => {
  const { database, databasePath, folder } = await makeWorld(t);
  const wish = { databasePath, folder, keep: 1, encryptionKey: undefined };
  makeKeptBackup({ ...wish, now: 1000 });
  await database.close();
  const bytes = readFileSync(databasePath);
  bytes.fill(0xff, 4096, 4096 * 3);
  writeFileSync(databasePath, bytes);
  t.throws(() => makeKeptBackup({ ...wish, now: 2000 }));
  t.same(readdirSync(folder), ['loop-auth-19700101T001640Z.db']);
});

t.test(
  'with a key it is encrypted, and nothing lies in clear beside it or beside the database',
  async (t) => {
    const { databasePath, folder } = await makeWorld(t);
    const encryptionKey = 'a key of at least thirty-two signs';
    makeKeptBackup({ databasePath, folder, keep: 2, encryptionKey, now: 1000 });
    t.same(readdirSync(folder), ['loop-auth-19700101T001640Z.db.sealed']);
    const [{ path, madeAt } = { path: '', madeAt: 0 }] = listBackups(folder);
    t.equal(madeAt, 1000);
    t.ok(isSealed(path));
    t.equal(statSync(path).mode & 0o777, 0o600);
    t.notOk(existsSync(`${databasePath}.backup`));
    const opened = join(folder, 'opened');
    unsealFile(path, opened, encryptionKey);
    t.match(readBackup(opened), { madeAt: 1000, accounts: 1 });
  },
);

t.test('what a run left that was ended by force goes at the next; files of others stay', async (t) => {
  const { databasePath, folder } = await makeWorld(t);
  mkdirSync(folder);
  const left = `${pathOfBackup(folder, 500, false)}.unfinished`;
  const sealedLeft = `${pathOfBackup(folder, 500, true)}.unfinished`;
  const own = join(folder, 'my own.db');
  for (const path of [left, sealedLeft, own, `${databasePath}.backup`]) writeFileSync(path, 'half');
  chmodSync(left, 0o400);
  const encryptionKey = 'a key of at least thirty-two signs';
  makeKeptBackup({ databasePath, folder, keep: 1, encryptionKey, now: 1000 });
  makeKeptBackup({ databasePath, folder, keep: 1, encryptionKey, now: 2000 });
  t.same(readdirSync(folder).sort(), ['loop-auth-19700101T003320Z.db.sealed', 'my own.db']);
  t.notOk(existsSync(`${databasePath}.backup`));
});

t.test('one that a clock dated into the future does not keep others from being made', async (t) => {
  const { databasePath, folder } = await makeWorld(t);
  const wish = { databasePath, folder, keep: 5, encryptionKey: undefined };
  makeKeptBackup({ ...wish, now: Math.floor(Date.now() / 1000) + 400 * day });
  let made = 0;
  const onMade = (): void => {
    made += 1;
  };
  const backups = startBackups({ ...wish, onMade, onFailed: () => t.fail() });
  t.teardown(backups.stop);
  await backups.runIfDue();
  await backups.runIfDue();
  t.equal(made, 1);
});

t.test('those that a clock dated into the future push none out that was made since', async (t) => {
  const { databasePath, folder } = await makeWorld(t);
  const wish = { databasePath, folder, keep: 2, encryptionKey: undefined };
  const now = Math.floor(Date.now() / 1000);
  for (const ahead of [400, 401]) makeKeptBackup({ ...wish, now: now + ahead * day });
  makeKeptBackup({ ...wish, now: now - day });
  makeKeptBackup({ ...wish, now });
  t.same(
    listBackups(folder).map(({ madeAt }) => madeAt),
    [now, now - day],
  );
});
