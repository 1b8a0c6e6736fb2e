// api/config.ts: defaults, and faults that are all listed at once.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { InvalidConfiguration, parseConfig } from '../../api/config.ts';

t.test('an empty environment gives the defaults of the contract', (t) => {
  const config = parseConfig({});
  t.match(config, {
    issuer: 'http://localhost:8083',
    authOrigin: 'http://localhost:8083',
    resource: 'http://localhost:8082/mcp',
    host: '127.0.0.1',
    port: 8082,
    metricsPort: undefined,
    clientId: 'loop-api',
    cacheSeconds: 30,
    staleSeconds: 900,
    sse: true,
    vaultDirectory: resolve('api/sample-vault'),
    vaultName: 'sample-vault',
    indexPath: resolve('data/index.db'),
    hidden: [],
    timeZone: undefined,
  });
  t.equal(config.clientSecret.path, resolve('data/api-client-secret'));
  t.end();
});

t.test('an empty value counts as not set', (t) => {
  t.equal(parseConfig({ API_PORT: '', API_AUTH_URL: '' }).port, 8082);
  t.equal(parseConfig({ API_VAULT_DIR: '/srv/My notes/', API_VAULT_NAME: '' }).vaultName, 'My notes');
  t.end();
});

t.test(
  'every fault is listed at once, with its name, what was read, what is allowed and how to mend it',
  (t) => {
    const wrong = {
      AUTH_ISSUER: 'auth.example',
      API_RESOURCE: 'https://notes.example/mcp/',
      API_AUTH_URL: 'http://loop-auth:8083/auth',
      API_PORT: '80a',
      API_METRICS_PORT: '9082.5',
      API_WORKERS: '17',
      API_INTROSPECTION_CACHE_SECONDS: '61',
      API_INTROSPECTION_STALE_SECONDS: '-1',
      API_SSE: 'yes',
      API_VAULT_NAME: 'two\nlines',
      API_HIDDEN: 'Private,{a}',
      API_TIME_ZONE: 'Seoul',
    };
    try {
      parseConfig(wrong);
      t.fail('accepted');
    } catch (error) {
      if (!(error instanceof InvalidConfiguration)) throw error;
      t.same(error.faults.map((fault) => fault.name).sort(), Object.keys(wrong).sort());
      for (const [name, value] of Object.entries(wrong)) {
        const line = error.message.split('\n').find((text) => text.includes(`${name}:`)) ?? '';
        t.match(line, JSON.stringify(value));
        t.match(line, /allowed: .+\. .+/);
      }
    }
    t.end();
  },
);

t.test('what is hidden is a list of paths and patterns, and one that is none stops the start', (t) => {
  t.same(parseConfig({ API_HIDDEN: ' Private/, Work/*.md,' }).hidden, [['private'], ['work', '*.md']]);
  for (const API_HIDDEN of ['[Private]', '!Public', '../x', 'a\\b', 'Private,/,Work']) {
    t.throws(() => parseConfig({ API_HIDDEN }), /API_HIDDEN: read/, API_HIDDEN);
  }
  t.end();
});

t.test('there is one worker, or as many as are asked for, up to 16', (t) => {
  t.equal(parseConfig({}).workers, 1);
  t.equal(parseConfig({ API_WORKERS: '' }).workers, 1);
  t.equal(parseConfig({ API_WORKERS: '16' }).workers, 16);
  for (const API_WORKERS of ['0', '-1', '1.5', 'auto', '1e1', '17']) {
    t.throws(() => parseConfig({ API_WORKERS }), /API_WORKERS: read .*from 1 to 16/, API_WORKERS);
  }
  t.end();
});

t.test('a time zone is one by its name', (t) => {
  for (const API_TIME_ZONE of ['Asia/Seoul', 'UTC', 'America/Argentina/Buenos_Aires']) {
    t.equal(parseConfig({ API_TIME_ZONE }).timeZone, API_TIME_ZONE);
  }
  for (const API_TIME_ZONE of ['+09:00', 'Asia/Nowhere', '9', '-05', 'Asia/Seoul ']) {
    t.throws(() => parseConfig({ API_TIME_ZONE }), /API_TIME_ZONE: read/, API_TIME_ZONE);
  }
  t.end();
});

t.test('the metrics have a port of their own', (t) => {
  t.match(parseConfig({ API_METRICS_PORT: '9082' }), { port: 8082, metricsPort: 9082 });
  t.match(parseConfig({ API_PORT: '0', API_METRICS_PORT: '0' }), { port: 0, metricsPort: 0 });
  t.throws(
    () => parseConfig({ API_METRICS_PORT: '8082' }),
    /API_METRICS_PORT: read "8082"; .*not that of API_PORT/,
  );
  t.throws(() => parseConfig({ API_PORT: '9', API_METRICS_PORT: '09' }), /API_METRICS_PORT: read "09"/);
  t.end();
});

t.test('addresses that can not stand in a header as they are, are refused', (t) => {
  for (const AUTH_ISSUER of [
    'https://한국.example',
    'https://a.example/"x',
    'https://a.example/ x',
    'https://a.example/?',
  ]) {
    t.throws(() => parseConfig({ AUTH_ISSUER }), /AUTH_ISSUER: read/, AUTH_ISSUER);
  }
  t.end();
});

t.test('a secret or a password in a URL is not shown', (t) => {
  try {
    parseConfig({ API_CLIENT_SECRET: 'hush\nhush', AUTH_ISSUER: 'https://me:hunter2@auth.example' });
    t.fail('accepted');
  } catch (error) {
    t.match(String(error), /API_CLIENT_SECRET: read a secret of 9 characters/);
    t.notMatch(String(error), /hush|hunter2/);
  }
  t.end();
});

t.test('API_AUTH_URL replaces the origin and leaves the issuer as it is', (t) => {
  const config = parseConfig({
    AUTH_ISSUER: 'https://NAS.example/auth',
    API_AUTH_URL: 'http://loop-auth:8083',
  });
  t.match(config, { issuer: 'https://NAS.example/auth', authOrigin: 'http://loop-auth:8083' });
  t.end();
});

t.test('a secret file may be made after the start, and is read anew each time', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-api-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'secret');
  const { clientSecret } = parseConfig({ API_CLIENT_SECRET_FILE: path });
  t.throws(() => clientSecret.read());
  writeFileSync(path, 'one\n');
  t.equal(clientSecret.read(), 'one');
  writeFileSync(path, 'two\n');
  t.equal(clientSecret.read(), 'two');
  writeFileSync(path, '\n');
  t.throws(() => clientSecret.read(), /empty/);
  t.end();
});

t.test('API_CLIENT_SECRET wins over the file', (t) => {
  const { clientSecret } = parseConfig({ API_CLIENT_SECRET: 'given', API_CLIENT_SECRET_FILE: '/nowhere' });
  t.equal(clientSecret.read(), 'given');
  t.equal(clientSecret.path, undefined);
  t.end();
});
