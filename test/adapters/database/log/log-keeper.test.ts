// SQLite's log is kept short by a thread of its own, and written again where the disk failed.
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { rewriteLog } from '../../../../adapters/database/log/frames.ts';
import { LogKeeper } from '../../../../adapters/database/log/log-keeper.ts';
import { openDatabase } from '../../../../adapters/database/open.ts';
import { compile, param } from '../../../../adapters/database/statement.ts';
import { createFolder } from '../../../support/databases.ts';
import { openHeld } from '../../../support/held-log.ts';
import { until } from '../../../support/until.ts';

const megabyte = 1024 * 1024;
const frameBytes = 4096 + 24;
const idleWrite = 'pragma application_id = 1';

t.test(
  'the log stays bounded while it is written and read all the time, and is gone with the service',
  async (t) => {
    const path = join(createFolder(t), 'auth.db');
    const database = await openDatabase(path);
    const insert = compile(
      database
        .builder('server_secrets')
        .insert({ name: param('name'), hash: param('text') })
        .onConflict('name')
        .merge(),
    );
    const reader = new Sqlite(path, { readonly: true });
    const read = reader.prepare('select count(*) from server_secrets');
    let text = '';
    let largest = 0;
    let written = 0;
    for (let at = 0; at < 2500; at += 1) {
      // Another each time: SQLite writes no page again that is as it was.
      text = String.fromCharCode(0x41 + (at % 26)).repeat(40_000);
      written += text.length;
      await database.commit([{ statement: insert, values: { name: `${at % 8}`, text } }]);
      read.get();
      largest = Math.max(largest, statSync(`${path}-wal`).size);
    }
    reader.close();
    t.ok(written > 90 * megabyte);
    t.ok(largest < 64 * megabyte, `${Math.round(largest / megabyte)} MB at most`);
    await database.close();
    t.notOk(existsSync(`${path}-wal`), 'folded in');
    const after = await openDatabase(path);
    const last = await after.all({ sql: 'select 1 from server_secrets where hash = ?', slots: [text] }, {});
    t.equal(last.length, 1);
    await after.close();
  },
);

t.test('who else opens the file leaves the log to the service', async (t) => {
  const path = join(createFolder(t), 'auth.db');
  const { database, log } = await openHeld(path);
  t.teardown(() => database.close());
  const { ino } = statSync(`${path}-wal`);
  const other = await openDatabase(path);
  const statement = { sql: "insert into server_secrets (name, hash) values ('other', 'x')", slots: [] };
  await other.commit([{ statement, values: {} }]);
  await other.close();
  const script = new Sqlite(path);
  script.pragma('wal_checkpoint(TRUNCATE)');
  script.exec("insert into server_secrets (name, hash) values ('script', 'x')");
  script.close();
  t.equal(statSync(`${path}-wal`).ino, ino, 'the file that is synced is the one that is written');
  const before = log.begun();
  await database.commit([{ statement: { sql: 'delete from server_secrets', slots: [] }, values: {} }]);
  t.equal(log.begun(), before + 1);
});

t.test('after a checkpoint it is the thread that begins the log anew, whose head is synced', async (t) => {
  const { database, log } = makeLog(t);
  const head = readFileSync(log).subarray(0, 32);
  const keeper = new LogKeeper({ database: database.name, log, idleWrite }, () => {});
  t.teardown(() => keeper.close());
  keeper.shorten(1_000_000);
  await until(() => !readFileSync(log).subarray(0, 32).equals(head), 'another head');
  t.equal(database.prepare('select count(*) from t').pluck().get(), 20);
});

t.test('a thread that has nothing to do for long ends, and there is another when it is needed', async (t) => {
  const { database, log } = makeLog(t);
  const paths = { database: database.name, log, idleWrite };
  const keeper = new LogKeeper(paths, () => {}, 1);
  const isAlone = (): boolean => {
    try {
      return database.pragma('journal_mode = DELETE', { simple: true }) === 'delete';
    } catch {
      return false;
    }
  };
  for (let time = 0; time < 2; time += 1) {
    await keeper.mend();
    await until(isAlone, 'the end of the thread');
    database.pragma('journal_mode = WAL');
    database.exec("insert into t values ('more')");
  }
});

t.test('what comes while a thread is ending is done by another', async (t) => {
  const { database, log } = makeLog(t);
  const keeper = new LogKeeper({ database: database.name, log, idleWrite }, () => {});
  t.teardown(() => keeper.close());
  await keeper.mend();
  const ending = keeper.close();
  await keeper.mend();
  await ending;
  await keeper.mend();
  t.pass('three times');
});

t.test('a database that is reached by a link has its log where the file is', async (t) => {
  const folder = createFolder(t);
  const { database } = await openHeld(join(folder, 'real.db'));
  await database.close();
  symlinkSync(join(folder, 'real.db'), join(folder, 'link.db'));
  const linked = await openHeld(join(folder, 'link.db'));
  t.teardown(() => linked.database.close());
  const before = linked.log.begun();
  await linked.database.commit([{ statement: { sql: 'delete from server_secrets', slots: [] }, values: {} }]);
  t.equal(linked.log.begun(), before + 1);
  t.ok(statSync(join(folder, 'real.db-wal')).size > 0);
});

t.test(
  'a log is written over itself as it is, and one of which the disk has lost something is not trusted',
  (t) => {
    const { log, frames } = makeLog(t);
    const bytes = readFileSync(log);
    rewriteLog(log, frames);
    t.ok(readFileSync(log).equals(bytes));
    t.throws(() => rewriteLog(log, frames + 1), { name: 'LogDamaged' }, 'more was written than there is');
    for (const at of [40, 32 + 3 * frameBytes + 500, 32 + (frames - 1) * frameBytes + 24]) {
      const damaged = Buffer.from(bytes);
      // What the disk had there before.
      damaged.fill(1, at, at + 512);
      writeFileSync(log, damaged);
      t.throws(() => rewriteLog(log, frames), { name: 'LogDamaged' }, `a hole at ${at}`);
    }
    t.end();
  },
);

t.test('the frames of a log before this one are not taken for its own', (t) => {
  const { database, log } = makeLog(t);
  database.pragma('wal_checkpoint(RESTART)');
  database.exec("insert into t values ('again')");
  const [{ log: frames } = { log: 0 }] = database.pragma('wal_checkpoint(NOOP)') as Array<{ log: number }>;
  rewriteLog(log, frames);
  t.throws(() => rewriteLog(log, frames + 1), { name: 'LogDamaged', message: `${frames} of ${frames + 1}` });
  t.end();
});

/** A log of its own that SQLite has written, and how many frames it has. */
function makeLog(t: Test): { database: Sqlite.Database; log: string; frames: number } {
  const path = join(createFolder(t), 'any.db');
  const database = new Sqlite(path);
  t.teardown(() => database.close());
  database.pragma('journal_mode = WAL');
  database.exec('create table t (text)');
  for (let row = 0; row < 20; row += 1) database.prepare('insert into t values (?)').run('x'.repeat(5000));
  const [{ log: frames } = { log: 0 }] = database.pragma('wal_checkpoint(NOOP)') as Array<{ log: number }>;
  return { database, log: `${path}-wal`, frames };
}
