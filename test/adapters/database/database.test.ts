// The SQLite file: what can be wrong with it, who else may hold it, and the stores that are not oidc-provider's.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { createKeyedMutex } from '../../../adapters/database/keyed-mutex.ts';
import { openDatabase } from '../../../adapters/database/open.ts';
import { openSqliteDatabase } from '../../../adapters/database/sqlite.ts';
import { bind, compile, param } from '../../../adapters/database/statement.ts';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { KeyStore } from '../../../adapters/stores/keys.ts';
import { SetupLinkStore } from '../../../adapters/stores/setup-links.ts';
import { shiftClock } from '../../support/clock.ts';
import { createFolder, engines, open, openInProcesses, openNew } from '../../support/databases.ts';

t.test('a file that is not a database is refused and left as it is', async (t) => {
  const folder = createFolder(t);
  const contents = {
    text: Buffer.from('this is a note, not a database'.repeat(200)),
    random: randomBytes(20_000),
  };
  for (const [name, bytes] of Object.entries(contents)) {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    await t.rejects(openDatabase(`sqlite:${path}`), { name: 'DatabaseDamaged', message: path }, name);
    t.ok(readFileSync(path).equals(bytes), `${name}: unchanged`);
  }
});

t.test('a database with a damaged page is refused and left as it is', async (t) => {
  const path = join(createFolder(t), 'auth.db');
  const database = await openDatabase(path);
  await new AccountStore(database).create('ann', 'hash');
  await database.close();
  const bytes = readFileSync(path);
  bytes.fill(0xff, 4096, 4096 * 3);
  writeFileSync(path, bytes);
  await t.rejects(openDatabase(path), { name: 'DatabaseDamaged', message: /damaged.*Restore a backup/ });
  t.ok(readFileSync(path).equals(bytes));
});

t.test(
  'damage that no statement of the start would meet is found, and the file is left as it is',
  async (t) => {
    const path = join(createFolder(t), 'auth.db');
    const database = await openDatabase(path);
    await new AccountStore(database).create('ann', 'hash of ann');
    await database.close();
    const bytes = readFileSync(path);
    // The page on which the account lies: its list of cells points into the middle of one.
    const page = bytes.indexOf('hash of ann') & ~4095;
    bytes.writeUInt16BE(bytes.readUInt16BE(page + 8) + 3, page + 8);
    writeFileSync(path, bytes);
    const unaware = new Sqlite(path, { readonly: true });
    t.ok(unaware.prepare('select name from knex_migrations').all().length > 0, 'the schema can be read');
    unaware.close();
    await t.rejects(openDatabase(path), { name: 'DatabaseDamaged', message: /damaged.*Restore a backup/ });
    t.ok(readFileSync(path).equals(bytes));
  },
);

t.test('SQLite itself waits for no disk once the database is open', async (t) => {
  const database = await openNew(t);
  const read = (pragma: string) => database.first({ sql: `pragma ${pragma}`, slots: [] }, {});
  // 1 is NORMAL: a power cut would take the last commits of a file in WAL mode along, but for log/durable-log.ts.
  t.strictSame(await read('synchronous'), { synchronous: 1 });
  t.strictSame(await read('journal_mode'), { journal_mode: 'wal' });
});

t.test('a truncated database is refused', async (t) => {
  const path = join(createFolder(t), 'auth.db');
  await (await openDatabase(path)).close();
  writeFileSync(path, readFileSync(path).subarray(0, 10_000));
  await t.rejects(openDatabase(path), { name: 'DatabaseDamaged' });
});

t.test('a database that a newer version migrated is refused and left as it is', async (t) => {
  const path = join(createFolder(t), 'auth.db');
  await (await openDatabase(path)).close();
  const newer = new Sqlite(path);
  newer.exec("insert into knex_migrations (name, batch) values ('0999-from-the-future', 2)");
  newer.close();
  const before = readFileSync(path);
  await t.rejects(openDatabase(path), {
    name: 'DatabaseNewer',
    message: /newer version.*0999-from-the-future/,
  });
  t.ok(readFileSync(path).equals(before));
});

t.test('a database that is up to date is opened while another process writes', async (t) => {
  const path = join(createFolder(t), 'auth.db');
  await (await openDatabase(path)).close();
  const other = new Sqlite(path);
  other.exec('begin immediate');
  const database = await openDatabase(path);
  t.ok(await database.first({ sql: 'select count(*) from accounts', slots: [] }, {}));
  other.exec('rollback');
  other.close();
  await database.close();
});

t.test(
  'one that lacks the last version is migrated, and one that is half migrated is not taken',
  async (t) => {
    const path = join(createFolder(t), 'auth.db');
    await (await openDatabase(path)).close();
    const older = new Sqlite(path);
    older.exec('update knex_migrations_lock set is_locked = 1');
    await t.rejects(openDatabase(path), 'somebody migrates, or has died of it');
    older.exec('update knex_migrations_lock set is_locked = 0');
    older.exec('delete from knex_migrations where id = (select max(id) from knex_migrations)');
    await t.rejects(
      openDatabase(path),
      { name: 'DatabaseUnavailable' },
      'the last version is applied again, which it can’t be',
    );
    older.close();
  },
);

t.test(
  'what a process that was killed has left in the log is synced before anything is answered',
  async (t) => {
    const path = join(createFolder(t), 'auth.db');
    await (await openDatabase(path)).close();
    const seen: string[] = [];
    const logOf = (datasync: () => Promise<void>) => async () => ({
      datasync,
      close: async () => {
        seen.push('closed');
      },
    });
    const log = logOf(async () => {
      seen.push('synced');
    });
    const database = await openSqliteDatabase(path, log);
    t.same(seen, ['synced']);
    await database.close();
    const failing = logOf(() => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })));
    await t.rejects(openSqliteDatabase(path, failing), { name: 'DatabaseUnavailable' });
    t.same(seen, ['synced', 'closed', 'closed']);
  },
);

t.test('a place that can not be written says which and by whom', async (t) => {
  const folder = createFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const below = join(folder, 'file', 'data', 'auth.db');
  await t.rejects(openDatabase(below), {
    name: 'DatabaseUnavailable',
    message: /the folder .*file\/data.*user id/,
  });
  mkdirSync(join(folder, 'directory'));
  await t.rejects(openDatabase(join(folder, 'directory')), {
    name: 'DatabaseUnavailable',
    message: /directory can't/,
  });
});

t.test("a folder that isn't ours to write is said to be so", async (t) => {
  const folder = join(createFolder(t), 'data');
  mkdirSync(folder);
  chmodSync(join(folder, '..'), 0o755);
  chmodSync(folder, 0o555);
  await asOrdinaryUser(async () => {
    const message = new RegExp(`${folder}/auth.db can't be opened for writing by user id \\d+`);
    await t.rejects(openDatabase(join(folder, 'auth.db')), { name: 'DatabaseUnavailable', message });
  });
});

t.test('a missing folder is made, and what was committed is there after a restart', async (t) => {
  const url = `sqlite:${join(createFolder(t), 'a', 'b', 'auth.db')}`;
  const first = await openDatabase(url);
  await new AccountStore(first).create('ann', 'hash');
  await first.close();
  t.equal(await first.isThere(), false, 'closed');
  const second = await open(t, url);
  t.equal(await second.isThere(), true);
  t.match(await new AccountStore(second).findByUsername('ann'), { username: 'ann' });
});

t.test('one more in memory, for whoever needs no file', async (t) => {
  const database = await open(t, ':memory:');
  t.equal(await new AccountStore(database).hasAny(), false);
});

t.test('processes that start on a new file at the same moment all open it', async (t) => {
  const url = `sqlite:${join(createFolder(t), 'auth.db')}`;
  await openInProcesses(url, 4);
  t.equal(await new AccountStore(await open(t, url)).hasAny(), false);
});

t.test('a commit waits for another writer and goes through when that one is done', async (t) => {
  const { accounts, hold } = await openHeld(t);
  const held = hold();
  const creation = accounts.create('ann', 'hash');
  t.equal(await accounts.hasAny(), false, 'reads go on meanwhile');
  held.release();
  t.match(await creation, { username: 'ann' });
});

t.test('a commit gives up on a writer that stays, and works again after it', async (t) => {
  const { accounts, hold } = await openHeld(t);
  const held = hold();
  const started = performance.now();
  await t.rejects(accounts.create('ann', 'hash'), { name: 'DatabaseUnavailable', message: /SQLITE_BUSY/ });
  t.ok(performance.now() - started >= 3000, 'after its patience');
  held.release();
  t.match(await accounts.create('ann', 'hash'), { username: 'ann' });
});

t.test('while a commit waits the process goes on serving', async (t) => {
  const { accounts, hold } = await openHeld(t);
  const held = hold();
  const creations = Promise.all(Array.from({ length: 20 }, (_, at) => accounts.create(`user ${at}`, 'hash')));
  // Were one of these turns spent on waiting, the patience of three seconds would be over with it.
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  held.release();
  t.equal((await creations).length, 20);
});

t.test('a full disk fails the commit whole, and the next one works once there is room', async (t) => {
  const path = join(createFolder(t), 'auth.db');
  const database = await open(t, path);
  const accounts = new AccountStore(database);
  const limit = (pages: number) => database.first({ sql: `pragma max_page_count = ${pages}`, slots: [] }, {});
  await accounts.create('ann', 'hash');
  await limit(1);
  await t.rejects(accounts.create('bob', 'x'.repeat(100_000)), {
    name: 'DatabaseUnavailable',
    message: /SQLITE_FULL/,
  });
  t.equal(await accounts.findByUsername('bob'), undefined);
  t.ok(await accounts.findByUsername('ann'), 'reads go on');
  await limit(1_000_000);
  t.match(await accounts.create('bob', 'x'.repeat(100_000)), { username: 'bob' });
});

t.test('a value that a statement needs and nobody gave is a mistake of ours', async (t) => {
  const database = await openNew(t);
  const statement = compile(database.builder('accounts').where({ id: param('id') }));
  t.throws(() => bind(statement, {}), { message: 'no value for the parameter id' });
});

for (const engine of engines) {
  const test = (sentence: string, body: (t: Test, database: Database) => Promise<void>) =>
    t.test(`${engine.name}: ${sentence}`, async (t) => body(t, await openNew(t, engine)));

  test('the first account is made once by its link, and the link ends with it', async (t, database) => {
    const clock = shiftClock(t);
    const accounts = new AccountStore(database);
    const links = new SetupLinkStore(database, accounts);
    const soon = (): number => Math.floor(Date.now() / 1000) + 3600;
    await links.renew('first', soon());
    await links.renew('second', soon());
    t.equal(await links.isLive('first'), false, 'a new link ends the one before');
    t.equal(await links.isLive('second'), true);
    await t.rejects(links.createAccount('first', 'ann', 'hash'), { name: 'SetupLinkEnded' });
    t.equal(await accounts.hasAny(), false, 'nothing was made');
    const both = ['ann', 'bob'].map((name) => links.createAccount('second', name, 'hash'));
    const outcomes = await Promise.allSettled(both);
    t.strictSame(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    t.equal(await links.isLive('second'), false);
    await links.renew('third', soon());
    clock.advance(3601);
    t.equal(await links.isLive('third'), false, 'its time is over');
    await t.rejects(links.createAccount('third', 'eve', 'hash'), { name: 'SetupLinkEnded' });
  });

  test('a link survives an account that could not be made', async (t, database) => {
    const accounts = new AccountStore(database);
    const links = new SetupLinkStore(database, accounts);
    await accounts.create('ann', 'hash');
    await links.renew('link', Math.floor(Date.now() / 1000) + 3600);
    await t.rejects(links.createAccount('link', 'ann', 'hash'), { name: 'UsernameTaken' });
    t.equal(await links.isLive('link'), true);
  });

  test('a username is one account in any case and Unicode form', async (t, database) => {
    const accounts = new AccountStore(database);
    const ann = await accounts.create('Änn', 'hash');
    t.equal((await accounts.findByUsername('A\u0308NN'))?.id, ann.id);
    t.equal((await accounts.findById(ann.id))?.username, 'Änn');
    await t.rejects(accounts.create('änn', 'hash'), { name: 'UsernameTaken' });
    t.equal(await accounts.findByUsername('nobody'), undefined);
  });

  test('keys are listed newest first, hashes are replaced', async (t, database) => {
    const clock = shiftClock(t);
    const keys = new KeyStore(database);
    await keys.add('signing', 'one', 'secret one');
    clock.advance(10);
    await keys.add('signing', 'two', 'secret two');
    await keys.add('cookie', 'three', 'secret three');
    t.strictSame(
      (await keys.list('signing')).map(({ id, secret }) => [id, secret]),
      [
        ['two', 'secret two'],
        ['one', 'secret one'],
      ],
    );
    t.type((await keys.list('signing'))[0]?.createdAt, 'number');
    t.equal(await keys.findSecret('api'), undefined);
    const first = { hash: 'first', path: '/data/secret' };
    t.equal(await keys.replaceSecret('api', undefined, first), true);
    t.equal(await keys.replaceSecret('api', undefined, { hash: 'late' }), false, 'somebody was first');
    t.strictSame(await keys.findSecret('api'), first);
    t.equal(await keys.replaceSecret('api', { hash: 'other', path: undefined }, { hash: 'late' }), false);
    t.equal(await keys.replaceSecret('api', first, { hash: 'second' }), true);
    t.strictSame(await keys.findSecret('api'), { hash: 'second', path: undefined });
  });
}

t.test('a lock by name is handed on in the order in which it was asked for', async (t) => {
  const lock = createKeyedMutex();
  const order: number[] = [];
  const first = await lock('a');
  const others = [1, 2, 3].map(async (at) => {
    const release = await lock('a');
    order.push(at);
    release();
    release();
  });
  (await lock('b'))();
  t.strictSame(order, [], 'another name does not wait, this one does');
  first();
  await Promise.all(others);
  t.strictSame(order, [1, 2, 3]);
  (await lock('a'))();
});

async function openHeld(t: Test): Promise<{ accounts: AccountStore; hold: () => { release: () => void } }> {
  const path = join(createFolder(t), 'auth.db');
  const accounts = new AccountStore(await open(t, path));
  const other = new Sqlite(path);
  t.teardown(() => other.close());
  return {
    accounts,
    hold: () => {
      other.exec('begin immediate');
      return { release: () => void other.exec('commit') };
    },
  };
}

// Permissions don't bind root, which is who runs tests in a container.
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
