// The settings: defaults, every fault at once, secrets by file and never in a message.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseConfig } from '../../auth/config.ts';
import { faultsOf } from '../support/settings-faults.ts';

t.test('without any setting loop-auth is a server of this computer', (t) => {
  t.match(parseConfig({}), {
    issuer: 'http://localhost:8083',
    host: '127.0.0.1',
    port: 8083,
    metricsPort: undefined,
    databaseUrl: 'sqlite:data/auth.db',
    trustedProxies: [],
    accessTokenSeconds: 3600,
    refreshTokenIdleSeconds: 7_776_000,
    refreshGraceSeconds: 60,
    resources: ['http://localhost:8082/mcp', 'http://localhost:8082/sse'],
    apiClientId: 'loop-api',
    apiClientSecret: undefined,
    apiClientSecretPath: join('data', 'api-client-secret'),
  });
  t.end();
});

t.test('an empty setting is one that nobody set', (t) => {
  t.same(parseConfig({ AUTH_ISSUER: '', AUTH_PORT: '', API_CLIENT_SECRET: '' }), parseConfig({}));
  t.end();
});

t.test(
  'backups: none unless a folder is named, seven kept, and with PostgreSQL refused with the way out',
  (t) => {
    t.match(parseConfig({}), { backupFolder: undefined, backupsKept: 7 });
    t.match(parseConfig({ AUTH_BACKUP_DIR: '/backups', AUTH_BACKUP_KEEP: '30' }), {
      backupFolder: '/backups',
      backupsKept: 30,
    });
    for (const keep of ['0', '1001', '-1', 'all', '1.5']) {
      t.match(faultsOf({ AUTH_BACKUP_KEEP: keep }), [
        `AUTH_BACKUP_KEEP: read "${keep}"; allowed: a whole number from 1 to 1000`,
      ]);
    }
    const postgres = { AUTH_DATABASE_URL: 'postgres://loop@db/loop', API_CLIENT_SECRET: 'x'.repeat(32) };
    t.match(faultsOf({ ...postgres, AUTH_BACKUP_DIR: '/backups' }), [
      /^AUTH_BACKUP_DIR: .*with SQLite only.*pg_dump/,
    ]);
    t.end();
  },
);

t.test('the issuer and the resource are taken byte for byte', (t) => {
  const config = parseConfig({
    AUTH_ISSUER: 'https://NAS.example:443/Auth',
    API_RESOURCE: 'https://Vault.example:443/a/mcp',
  });
  t.equal(config.issuer, 'https://NAS.example:443/Auth');
  t.same(config.resources, ['https://Vault.example:443/a/mcp', 'https://Vault.example:443/a/sse']);
  t.end();
});

t.test('each bad setting is refused with its name, what was read and what is allowed', (t) => {
  const bad: ReadonlyArray<readonly [string, readonly string[]]> = [
    [
      'AUTH_ISSUER',
      [
        'localhost:8083',
        'ftp://auth.example',
        'https://auth.example/',
        'https://auth.example/x/',
        'https://auth.example?x',
        'https://auth.example#x',
        'https://me@auth.example',
        ' https://auth.example',
      ],
    ],
    ['AUTH_PORT', ['x', '-1', '65536', '80.5', '1e3']],
    ['AUTH_METRICS_PORT', ['x', '-1', '65536', '8083']],
    ['AUTH_DATABASE_URL', ['data/auth.db', 'mysql://x', 'sqlite:']],
    [
      'AUTH_TRUSTED_PROXIES',
      ['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', '::1/129', '10.0.0', '10.0.0.0/'],
    ],
    ['AUTH_ACCESS_TOKEN_SECONDS', ['0', '59', '86401', 'an hour', '-60', '3600.5']],
    ['AUTH_REFRESH_TOKEN_IDLE_SECONDS', ['1', '99999999999']],
    ['AUTH_REFRESH_GRACE_SECONDS', ['-1', '3601']],
    [
      'API_RESOURCE',
      ['vault', 'https://vault.example', 'https://vault.example/mcp/', 'https://v.example/mcp?x'],
    ],
    ['API_CLIENT_ID', ['two words', 'é']],
    ['AUTH_REGISTRATION', ['yes', 'closed', 'OPEN']],
    ['AUTH_REGISTRATION_HOSTS', ['https://chatgpt.com', 'chatgpt.com/', '*.openai.com', '-x']],
  ];
  for (const [name, values] of bad) {
    for (const value of values) {
      const faults = faultsOf({ [name]: value });
      t.ok(faults.length >= 1, `${name}=${value}`);
      t.match(faults[0], `${name}: read ${JSON.stringify(value)}; allowed: `);
    }
  }
  t.end();
});

t.test('who may register is said completely or not at all', (t) => {
  t.same(parseConfig({}).registration, { mode: 'open', hosts: [], token: undefined });
  t.same(
    parseConfig({ AUTH_REGISTRATION: 'hosts', AUTH_REGISTRATION_HOSTS: 'ChatGPT.com, claude.ai' })
      .registration.hosts,
    ['chatgpt.com', 'claude.ai'],
  );
  const token = 'a-token-of-some-length';
  t.equal(
    parseConfig({ AUTH_REGISTRATION: 'token', AUTH_REGISTRATION_TOKEN: token }).registration.token,
    token,
  );
  t.match(faultsOf({ AUTH_REGISTRATION: 'hosts' }).join(), 'AUTH_REGISTRATION_HOSTS: not set');
  t.match(faultsOf({ AUTH_REGISTRATION: 'token' }).join(), 'AUTH_REGISTRATION_TOKEN: not set');
  const idle = faultsOf({ AUTH_REGISTRATION_TOKEN: token }).join();
  t.match(idle, 'AUTH_REGISTRATION_TOKEN: set, but only AUTH_REGISTRATION=token reads it');
  t.notMatch(idle, token);
  t.match(faultsOf({ AUTH_REGISTRATION: 'token', AUTH_REGISTRATION_TOKEN: 'short' }).join(), 'read a secret');
  t.end();
});

t.test('all faults are told at once', (t) => {
  const faults = faultsOf({
    AUTH_PORT: 'x',
    AUTH_ISSUER: 'y',
    API_RESOURCE: 'z',
    AUTH_REFRESH_GRACE_SECONDS: '-1',
  });
  for (const name of ['AUTH_PORT', 'AUTH_ISSUER', 'API_RESOURCE', 'AUTH_REFRESH_GRACE_SECONDS']) {
    t.ok(
      faults.some((fault) => fault.startsWith(`${name}:`)),
      name,
    );
  }
  t.end();
});

t.test('a secret comes from the environment or from a file, and is in no message', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-auth-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secret');
  writeFileSync(file, 'a secret from a file\n');
  t.equal(
    parseConfig({ API_CLIENT_SECRET_FILE: file }).apiClientSecret,
    'a secret from a file',
    'without its line end',
  );
  t.equal(parseConfig({ API_CLIENT_SECRET: 'a secret as it is' }).apiClientSecret, 'a secret as it is');
  const both = faultsOf({ API_CLIENT_SECRET: 'a secret as it is', API_CLIENT_SECRET_FILE: file });
  t.match(both.join(), 'both directly and by API_CLIENT_SECRET_FILE');
  const missing = faultsOf({ API_CLIENT_SECRET_FILE: join(folder, 'none') });
  t.match(missing.join(), /API_CLIENT_SECRET_FILE: read ".*none"; that file can't be read \(ENOENT\)/);
  const short = faultsOf({ API_CLIENT_SECRET: 'too short' });
  t.match(short.join(), 'at least 16 characters');
  t.notMatch([...both, ...missing, ...short].join(), /too short|as it is|from a file/);
  t.end();
});

t.test('proxies are addresses or CIDRs, in any list', (t) => {
  const { trustedProxies } = parseConfig({ AUTH_TRUSTED_PROXIES: '10.0.0.1, 172.16.0.0/12 fd00::/8,::1' });
  t.same(trustedProxies, ['10.0.0.1', '172.16.0.0/12', 'fd00::/8', '::1']);
  t.end();
});
