// The PostgreSQL engine where it differs from a file: a server that is away, breaks, is shared or busy.
// What both engines promise is tested beside the other rooms' names; with a server (npm run test:postgres) on both.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import t, { type Test } from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { openDatabase } from '../../../adapters/database/open.ts';
import { compile, param, type Write } from '../../../adapters/database/statement.ts';
import { asUnitOfWork, change, currentUnit } from '../../../adapters/database/unit-of-work.ts';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import {
  asAdministrator,
  open,
  openInProcesses,
  openNew,
  postgres,
  postgresUrl,
} from '../../support/databases.ts';
import { startFamily } from '../../support/refresh-exchange.ts';

const unavailable = (message: RegExp) => ({ name: 'DatabaseUnavailable', message });

t.test('a server that is away at the start is named, its password is not', async (t) => {
  const server = await listen(t, () => {});
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const opening = openDatabase(`postgresql://loop:secret@127.0.0.1:${port}/auth`);
  await t.rejects(
    opening,
    unavailable(new RegExp(`postgresql://127.0.0.1:${port}/auth can't be opened .*ECONNREFUSED`)),
  );
  await opening.catch((error: Error) => t.notMatch(error.message, 'secret'));
});

t.test('a server that never answers is given up', async (t) => {
  const server = await listen(t, () => {});
  const { port } = server.address() as AddressInfo;
  await t.rejects(openDatabase(`postgres://loop@127.0.0.1:${port}/auth`), unavailable(/timeout/));
});

if (postgresUrl !== undefined) testServer(t);

function testServer(t: Test): void {
  t.test('a database that is not there is named', async (t) => {
    const url = new URL(String(postgresUrl));
    url.pathname = 'loop_test_missing';
    await t.rejects(
      openDatabase(url.href),
      unavailable(/loop_test_missing can't be opened .*3D000.*does not exist/),
    );
  });

  t.test('processes that start on an empty database at the same moment all open it', async (t) => {
    const url = await postgres.create(t);
    await openInProcesses(url, 4);
    t.equal(await new AccountStore(await open(t, url)).hasAny(), false);
  });

  t.test('a database that a newer version migrated is refused', async (t) => {
    const url = await postgres.create(t);
    await (await openDatabase(url)).close();
    await query(url, "insert into knex_migrations (name, batch) values ('0999-from-the-future', 2)");
    await t.rejects(openDatabase(url), { name: 'DatabaseNewer', message: /0999-from-the-future/ });
  });

  t.test('connections that the server closed cost an answer at most, nothing after it', async (t) => {
    const url = await postgres.create(t);
    const database = await open(t, url);
    const accounts = new AccountStore(database);
    await accounts.create('ann', 'hash');
    const held = await database.lock('family');
    await closeConnections(url);
    await t.rejects(held.commit([secret(database, 'one')]), unavailable(/did not answer/));
    await held.release();
    await eventually(() => accounts.findByUsername('ann'));
    t.equal(await database.isThere(), true);
    t.strictSame(await secrets(url), [], 'what the lock was to protect is not written without it');
    const again = await database.lock('family');
    await again.commit([secret(database, 'two')]);
    await again.release();
    t.strictSame(await secrets(url), ['two']);
  });

  t.test('a server that is gone is not there, and its failures are outages', async (t) => {
    const { url, cut } = await openProxy(t);
    const database = await open(t, url);
    t.equal(await database.isThere(), true);
    cut();
    t.equal(await database.isThere(), false);
    await t.rejects(new AccountStore(database).hasAny(), unavailable(/did not answer/));
    await t.rejects(database.commit([secret(database, 'one')]), unavailable(/did not answer/));
    await t.rejects(database.lock('family'), unavailable(/did not answer/));
  });

  t.test('a commit of which nobody knows whether it happened is not made again', async (t) => {
    const { url, direct, cutAfter } = await openProxy(t);
    const database = await open(t, url);
    cutAfter('commit');
    const writes = [secret(database, 'one'), secret(database, 'two')];
    await t.rejects(database.commit(writes), unavailable(/did not answer/));
    await eventually(async () => (await secrets(direct)).length > 0 || undefined);
    t.strictSame(await secrets(direct), ['one', 'two'], 'once, and here it did');
  });

  t.test('a transaction that the server undid for a deadlock is made again', async (t) => {
    const url = await postgres.create(t);
    const database = await open(t, url);
    await database.commit([secret(database, 'a'), secret(database, 'b')]);
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    // Whoever looks for the deadlock first is its victim: that must be ours.
    await other.query("set deadlock_timeout = '1min'");
    await other.query("begin; update server_secrets set hash = 'other' where name = 'b'");
    const commit = database.commit([setHash(database, 'a'), setHash(database, 'b')]);
    await eventually(async () => (await query(url, 'select 1 from pg_locks where not granted'))[0]);
    await other.query("update server_secrets set hash = 'other' where name = 'a'");
    await other.query('commit');
    await other.end();
    t.equal(await commit, 2);
    t.strictSame(
      (await query(url, 'select hash from server_secrets')).map(({ hash }) => hash),
      ['ours', 'ours'],
    );
  });

  t.test('too many connections are an outage that ends', async (t) => {
    const url = await postgres.create(t);
    const name = new URL(url).pathname.slice(1);
    await asAdministrator(`create role ${name} login connection limit 1`);
    await asAdministrator(`alter database ${name} owner to ${name}`);
    t.teardown(async () => {
      await asAdministrator(`alter database ${name} owner to current_user`);
      await query(url, `drop owned by ${name}`);
      await asAdministrator(`drop role ${name}`);
    });
    const own = new URL(url);
    own.username = name;
    await query(url, `grant all on schema public to ${name}`);
    const database = await open(t, own.href);
    await eventually(() => database.isThere().then((isThere) => isThere || undefined));
    await t.rejects(database.lock('family'), unavailable(/53300/));
    t.equal(await database.isThere(), true, 'the one connection goes on');
  });

  t.test('a lock holds between processes, and waiting for it ends', async (t) => {
    const url = await postgres.create(t);
    const [one, two] = [await open(t, url), await open(t, url)];
    const held = await one.lock('family');
    await (await two.lock('another family')).release();
    await t.rejects(two.lock('family'), unavailable(/55P03/));
    const waiting = two.lock('family');
    await held.commit([secret(one, 'one')]);
    t.strictSame(await secrets(url), ['one'], 'the commit is seen with the lock');
    await (await waiting).release();
    await held.release();
  });

  t.test('a process that waits for a lock sees what was committed under it', async (t) => {
    const url = await postgres.create(t);
    const [one, two] = [await open(t, url), await open(t, url)];
    const families = await startFamily(one);
    const answers = await Promise.all(
      [one, two, one, two, two].map((database) => families.on(database).refresh(families.first)),
    );
    t.equal(new Set(answers).size, 1, 'one successor for five requests at two processes');
    t.ok(answers[0]);
  });

  t.test('more exchanges at once than there are connections all come through', async (t) => {
    const database = await openNew(t, postgres);
    const exchange = (family: string): Promise<void> =>
      asUnitOfWork(database, true, async () => {
        await currentUnit()?.lock(family);
        await new AccountStore(database).hasAny();
        await change(database, [secret(database, family)]);
        return true;
      });
    await Promise.all(Array.from({ length: 60 }, (_, at) => exchange(`family ${at % 40}`)));
    t.pass('none of them waits for another for ever');
  });

  t.test('a mistake of ours is not taken for an outage', async (t) => {
    const database = await openNew(t, postgres);
    await t.rejects(database.first({ sql: 'select nothing from nowhere', slots: [] }, {}), { code: '42P01' });
  });
}

function secret({ builder }: Database, name: string): Write {
  const insert = builder('server_secrets')
    .insert({ name: param('name'), hash: 'x' })
    .onConflict('name')
    .ignore();
  return { statement: compile(insert), values: { name } };
}

function setHash({ builder }: Database, name: string): Write {
  const update = builder('server_secrets')
    .where({ name: param('name') })
    .update({ hash: 'ours' });
  return { statement: compile(update), values: { name } };
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function secrets(url: string): Promise<unknown[]> {
  return (await query(url, 'select name from server_secrets order by name')).map(({ name }) => name);
}

async function closeConnections(url: string): Promise<void> {
  await query(
    url,
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
}

/** Asks until there is an answer; the test's own time limit ends it. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function listen(t: Test, accept: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    accept(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return server;
}

interface Proxy {
  readonly url: string;
  readonly direct: string;
  /** Closes all connections and refuses new ones. */
  readonly cut: () => void;
  /** Lets a message of the client with that text through to the server, and then closes the connection. */
  readonly cutAfter: (text: string) => void;
}

/** A new database behind a proxy that can fail. */
async function openProxy(t: Test): Promise<Proxy> {
  const direct = await postgres.create(t);
  const target = new URL(direct);
  const pairs: Socket[] = [];
  let isCut = false;
  let fatal: string | undefined;
  const server = await listen(t, (socket) => {
    if (isCut) return void socket.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    upstream.on('error', () => {});
    pairs.push(socket, upstream);
    upstream.pipe(socket);
    socket.on('end', () => upstream.end());
    socket.on('data', (chunk) => {
      upstream.write(chunk);
      if (fatal === undefined || !chunk.includes(fatal)) return;
      upstream.unpipe(socket);
      upstream.once('data', () => pairs.forEach((one) => void one.destroy()));
    });
  });
  const url = new URL(direct);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    direct,
    cut: () => {
      isCut = true;
      for (const one of pairs) one.destroy();
    },
    cutAfter: (text) => {
      fatal = text;
    },
  };
}
