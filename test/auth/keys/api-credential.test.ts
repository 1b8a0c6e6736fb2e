// Where loop-auth puts the secret that it makes for loop-api, and what it says when it can't.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { hashClientSecret } from '../../../adapters/models/client.ts';
import { KeyStore } from '../../../adapters/stores/keys.ts';
import { openApiCredential } from '../../../auth/keys/api-credential.ts';
import { Pair } from '../../../scripts/demo/pair.ts';
import { createFolder, open } from '../../support/databases.ts';
import { basic } from '../../support/loop-auth.ts';

t.test('AUTH_API_SECRET_PATH puts the secret elsewhere, for its own user only', async (t) => {
  const folder = t.testdir({ handover: {} });
  const path = join(folder, 'handover', 'api-client-secret');
  const pair = await Pair.create({ AUTH_API_SECRET_PATH: path });
  t.teardown(() => pair.close());
  await pair.start('auth');
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.notOk(existsSync(join(pair.folder, 'api-client-secret')), 'and not beside the database');
});

t.test('a folder that takes no secret ends the start, naming the path and the user id', async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, 'handover'), 'a file where a folder should be');
  const path = join(folder, 'handover', 'api-client-secret');
  const { status, stdout } = spawnSync(process.execPath, ['auth/main.ts'], {
    env: {
      AUTH_PORT: '0',
      AUTH_DATABASE_URL: `sqlite:${join(mkdtempSync(join(folder, 'data-')), 'auth.db')}`,
      AUTH_API_SECRET_PATH: path,
    },
    encoding: 'utf8',
  });
  t.equal(status, 1);
  t.match(stdout, path);
  t.match(stdout, `user id ${process.getuid?.()}`);
  t.match(stdout, 'set API_CLIENT_SECRET');
});

interface Place {
  readonly url: string;
  readonly store: KeyStore;
  readonly pathOf: (name: string) => string;
  /** As a start of loop-auth does; resolves to the hash that it goes by. */
  readonly start: (path: string) => Promise<string>;
}

async function openPlace(t: Test): Promise<Place> {
  const folder = createFolder(t);
  const url = `sqlite:${join(folder, 'auth.db')}`;
  const store = new KeyStore(await open(t, url));
  const start = (path: string): Promise<string> => openApiCredential(store, { secret: undefined, path });
  return { url, store, pathOf: (name) => join(folder, name), start };
}

const hashIn = (path: string): string => hashClientSecret(readFileSync(path, 'utf8'));

t.test('a second loop-auth on the same database with another path hands over the same secret', async (t) => {
  const { store, pathOf, start } = await openPlace(t);
  const [first, second] = [pathOf('first'), pathOf('second')];
  const hash = await start(first);
  t.equal(await start(second), hash);
  t.equal(readFileSync(second, 'utf8'), readFileSync(first, 'utf8'));
  t.equal(statSync(second).mode & 0o777, 0o600);
  writeFileSync(second, 'B'.repeat(43));
  t.equal(await start(second), hash, 'also over one that the database does not know');
  for (const path of [first, second, first]) t.equal(await start(path), hash, 'whoever starts again');
  t.same(await store.findSecret('api-client-secret'), { hash, path: first });
});

t.test('where the first file is out of reach each keeps what its own holds, at every start', async (t) => {
  const { pathOf, start } = await openPlace(t);
  const [first, second] = [pathOf('first'), pathOf('second')];
  // As in two containers: when one starts, the file of the other is not there.
  const away = (path: string): void => renameSync(path, `${path}.away`);
  const back = (path: string): void => renameSync(`${path}.away`, path);
  const hash = await start(first);
  away(first);
  const other = await start(second);
  t.not(other, hash, 'another secret, since nobody can know the first');
  for (let turn = 0; turn < 2; turn += 1) {
    away(second);
    back(first);
    t.equal(await start(first), hash, 'its file is as good as before');
    away(first);
    back(second);
    t.equal(await start(second), other, 'and so is the other');
  }
});

t.test('a file that is missing, empty or something else is written anew', async (t) => {
  const { pathOf, start } = await openPlace(t);
  const path = pathOf('secret');
  const hashes = new Set([await start(path)]);
  for (const spoil of [
    () => rmSync(path),
    () => writeFileSync(path, ''),
    () => writeFileSync(path, 'not a secret'),
  ]) {
    spoil();
    const hash = await start(path);
    t.equal(hashIn(path), hash);
    hashes.add(hash);
  }
  t.equal(hashes.size, 4);
});

t.test('what an older version stored without a path goes on', async (t) => {
  const { store, pathOf, start } = await openPlace(t);
  const path = pathOf('secret');
  writeFileSync(path, 'A'.repeat(43));
  const hash = hashClientSecret('A'.repeat(43));
  await store.replaceSecret('api-client-secret', undefined, { hash });
  t.equal(await start(path), hash);
  t.same(await store.findSecret('api-client-secret'), { hash, path });
  t.equal(await start(pathOf('second')), hash);
});

t.test('processes that start at the same moment go by one secret, which is in every file', async (t) => {
  for (const nameOf of [() => 'secret', (n: number) => `secret-${n}`]) {
    const { url, pathOf, start } = await openPlace(t);
    const paths = Array.from({ length: 6 }, (_, n) => pathOf(nameOf(n)));
    // Half of them read the database before any has written to it; the others come when they come.
    const here = paths.slice(3).map(start);
    const hashes = await Promise.all([
      ...here,
      ...paths.slice(0, 3).map((path) => startInProcess(url, path)),
    ]);
    t.equal(new Set(hashes).size, 1, nameOf(0));
    t.same([...new Set(paths.map(hashIn))], [...new Set(hashes)]);
  }
});

async function startInProcess(url: string, path: string): Promise<string> {
  const moduleAt = (file: string): string =>
    JSON.stringify(new URL(`../../../${file}`, import.meta.url).href);
  const script = `const { openDatabase } = await import(${moduleAt('adapters/database/open.ts')});
    const { KeyStore } = await import(${moduleAt('adapters/stores/keys.ts')});
    const { openApiCredential } = await import(${moduleAt('auth/keys/api-credential.ts')});
    const database = await openDatabase(${JSON.stringify(url)});
    console.log(await openApiCredential(new KeyStore(database), { path: ${JSON.stringify(path)} }));
    await database.close();`;
  const args = ['--input-type=module', '-e', script];
  return (await promisify(execFile)(process.execPath, args)).stdout.trim();
}

t.test('loop-api’s secret stays good at a loop-auth beside which another one started', async (t) => {
  const pair = await Pair.create();
  t.teardown(() => pair.close());
  await pair.start('auth');
  const secret = readFileSync(join(pair.folder, 'api-client-secret'), 'utf8');
  const isGood = async (): Promise<boolean> => {
    const init = { method: 'POST', body: new URLSearchParams({ token: 'x' }) };
    const headers = { Authorization: basic('loop-api', secret) };
    return (await fetch(`${pair.issuer}/token/introspection`, { ...init, headers })).status === 200;
  };
  const beside = await Pair.create({
    AUTH_DATABASE_URL: pair.databaseUrl,
    AUTH_API_SECRET_PATH: join(pair.folder, 'another-secret'),
  });
  t.teardown(() => beside.close());
  await beside.start('auth');
  t.ok(await isGood(), 'while both run');
  await pair.stop('auth');
  await pair.start('auth');
  t.ok(await isGood(), 'after a restart of its own');
  t.equal(readFileSync(join(pair.folder, 'api-client-secret'), 'utf8'), secret);
});
