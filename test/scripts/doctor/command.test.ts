// The doctor as a command: what it is given, in which language it speaks, what it leaves behind, and where it runs.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { startSweep } from '../../../adapters/sweep/sweep.ts';
import { Pair } from '../../../scripts/demo/pair.ts';
import { bareEnvironment } from '../../support/bare-environment.ts';
import { shiftClock } from '../../support/clock.ts';
import { open } from '../../support/databases.ts';
import { createImageOfLoopApi } from '../../support/image-of-loop-api.ts';
import { person } from '../../support/person.ts';
import { freePorts, type ProxiedPair, startProxiedPair } from '../../support/proxied-pair.ts';
import { runScript } from '../../support/run-script.ts';
import { settingsFor, startProvider } from '../../support/upstream.ts';

const root = join(import.meta.dirname, '../../..');

interface End {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
  from = root,
): ChildProcess {
  const env = { ...bareEnvironment, ...environment };
  return spawn(process.execPath, [join(from, 'scripts/doctor.ts'), ...args], { env, cwd: from });
}

async function run(
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
  from = root,
): Promise<End> {
  const child = start(environment, args, from);
  const [out = '', err = ''] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => (stream ? readText(stream) : '')),
  );
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, out, err };
}

const tables = ['clients', 'grants', 'authorization_codes', 'access_tokens', 'refresh_tokens'] as const;

function countRows({ pair }: ProxiedPair): Record<string, number> {
  const file = new Sqlite(pair.databaseUrl.replace('sqlite:', ''), { readonly: true });
  const count = (table: string): number =>
    Number(file.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  const counts = Object.fromEntries(tables.map((table) => [table, count(table)]));
  file.close();
  return counts;
}

t.test('an argument that it does not know, or no address, is told, with exit code 2', async (t) => {
  for (const args of [
    ['--colour'],
    ['notes.example'],
    ['--url'],
    ['--url', 'notes.example'],
    ['--url', 'ftp://a/mcp'],
  ]) {
    const { code, out, err } = await run({}, args);
    t.equal(code, 2, args.join(' '));
    t.match(err, /--url/, args.join(' '));
    t.equal(out, '');
  }
  t.match(await run({ LANG: 'ko_KR.UTF-8' }, ['--url', 'notes.example']), { code: 2, err: /주소를 주세요/ });
});

t.test('for a pair behind a proxy', async (t) => {
  const world = await startProxiedPair(t);
  const { pair, proxy, trusted } = world;
  const environment: Readonly<Record<string, string>> = {
    ...world.environment,
    NODE_EXTRA_CA_CERTS: trusted,
  };
  const before = countRows(world);

  t.test(
    'each line is a sign, what was looked at, and the way to mend it, in the terminal’s language',
    async (t) => {
      proxy.fault = { answerHeaders: (headers) => headers.filter(([name]) => !/^www-auth/i.test(name)) };
      const english = await run({ ...environment, LANG: 'en_US.UTF-8' }, []);
      t.equal(english.code, 1);
      t.match(english.out, /^✓ database \(.*\)$/m);
      t.match(english.out, /^! backups\n {4}No backup.*\n {4}→ Set AUTH_BACKUP_DIR/m);
      t.match(english.out, /^✗ it says where to sign in\n {4}The proxy takes WWW-Auth.*\n {4}→ Let it pass/m);
      t.match(english.out, /\nBroken: it says where to sign in\./);
      const korean = await run({ ...environment, LC_ALL: 'ko_KR.UTF-8' }, []);
      t.match(korean.out, /^✗ 로그인할 곳 안내\n {4}프록시가 .*\n {4}→ /m);
      t.notMatch(korean.out.replace(/\(.*\)/g, ''), /\b(the|broken|set)\b/i);
      proxy.fault = {};
    },
  );

  t.test('what follows from a failure is not looked at, and says after which', async (t) => {
    const { lines } = await world.diagnose({
      ...environment,
      API_CLIENT_SECRET: 'another secret of loop-api',
    });
    t.match(
      lines.filter(({ state }) => state === 'skipped'),
      [
        { check: 'authorization', says: /first mend “loop-api’s secret”/ },
        { check: 'calls', says: /first mend “loop-api’s secret”/ },
        { check: 'stream' },
      ],
    );
  });

  t.test('nothing secret is printed, and nothing stays behind', async (t) => {
    const asked: string[] = [];
    proxy.fault = {
      requestHeaders: ({ authorization }) => void asked.push(String(authorization ?? '')),
    };
    const { code, out, err } = await run(environment, ['--json']);
    proxy.fault = {};
    t.equal(code, 0, out + err);
    const tokens = asked.flatMap((header) => /^Bearer (?!made-up)(.+)/.exec(header)?.[1] ?? []);
    t.ok(tokens.length > 1, 'it called with a token');
    const secret = readFileSync(join(pair.folder, 'api-client-secret'), 'utf8').trim();
    for (const value of [secret, ...tokens]) t.notOk((out + err).includes(value));
    t.same(countRows(world), before);
    const token = tokens.at(-1);
    const again = await fetch(`http://127.0.0.1:${world.ports.auth}/auth/me`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    t.equal(again.status, 401, 'its token is over');
  });

  t.test(
    'without a database it sees what the internet sees, and says from where the rest is seen',
    async (t) => {
      const { code, lines } = await world.diagnose({}, ['--url', new URL(pair.resource).origin]);
      t.equal(code, 0);
      const skipped = lines.filter(({ state }) => state === 'skipped').map(({ check }) => check);
      t.same(skipped, [
        ...['database', 'backups', 'account', 'keys', 'auth', 'api', 'vault', 'names', 'credential'],
        ...['proxies', 'signIn', 'token', 'calls', 'stream'],
      ]);
      t.same(countRows(world), before);
    },
  );

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    t.test(
      `ended by ${signal} in the middle of the sign-in, ${signal === 'SIGTERM' ? 'it leaves nothing' : 'what it leaves expires'}`,
      async (t) => {
        const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
        let exchanges = 0;
        proxy.fault = {
          answer: ({ url }) => {
            // The first is one that is refused.
            if (url === '/auth/token') exchanges += 1;
            if (exchanges < 2) return false;
            reach();
            return true;
          },
        };
        const child = start(environment, ['--json']);
        await reached;
        t.equal(countRows(world)['clients'], Number(before['clients']) + 1);
        child.kill(signal);
        await once(child, 'exit');
        proxy.fault = {};
        if (signal === 'SIGKILL') {
          t.same(countRows(world), {
            ...before,
            clients: 1 + Number(before['clients']),
            grants: 1,
            authorization_codes: 1,
          });
          await sweepLater(t);
        }
        t.same(countRows(world), before);
      },
    );
  }

  /** What loop-auth's own sweep does a quarter of an hour later. */
  async function sweepLater(t: Parameters<typeof shiftClock>[0]): Promise<void> {
    const database = await open(t, pair.databaseUrl);
    shiftClock(t).advance(900);
    const sweep = startSweep(database, {
      refreshTokenIdleSeconds: 7_776_000,
      accessTokenSeconds: 3600,
      unusedClientSeconds: 2_592_000,
    });
    await sweep.runOnce();
    await sweep.stop();
  }

  t.test('it runs from what loop-api’s image has of it, where loop-auth’s code is not', async (t) => {
    const image = createImageOfLoopApi(t);
    const given = { ...environment, API_CLIENT_SECRET_FILE: join(pair.folder, 'api-client-secret') };
    const { code, out, err } = await run(given, ['--json'], image);
    t.equal(code, 0, out + err);
    const { lines } = JSON.parse(out) as { lines: Array<{ check: string; state: string }> };
    t.same(
      lines.filter(({ state }) => state === 'skipped').map(({ check }) => check),
      ['database', 'backups', 'account', 'keys', 'proxies', 'signIn', 'token', 'calls', 'stream'],
    );
  });
});

t.test('a localhost that another container stands behind is looked at there, to the end', async (t) => {
  const [auth, api] = await freePorts();
  // Nobody listens at these two: they are published outside of the container.
  const [issuerPort, resourcePort] = await freePorts();
  const settings = {
    AUTH_ISSUER: `http://localhost:${issuerPort}`,
    API_RESOURCE: `http://localhost:${resourcePort}/mcp`,
    AUTH_PORT: String(auth),
    API_PORT: String(api),
    // 127.0.0.1 under a name that is not one of this machine's.
    API_AUTH_URL: `http://[::ffff:127.0.0.1]:${auth}`,
  };
  const pair = await Pair.create(settings);
  t.teardown(() => pair.close());
  await pair.start('auth');
  await pair.start('api');
  await runScript(
    pair,
    'seed-user',
    ['--username', person.username, '--password-stdin'],
    `${person.password}\n`,
  );
  const given = { ...settings, AUTH_DATABASE_URL: pair.databaseUrl, API_HOST: '::ffff:127.0.0.1' };
  const { code, out, err } = await run(given, ['--json']);
  t.equal(code, 0, out + err);
  t.match(out, /"check": "stream",\s+"state": "ok"/);
});

t.test('where passwords are turned off, the way to the identity provider is the sign-in page', async (t) => {
  const world = await startProxiedPair(t);
  const provider = await startProvider(t);
  const settings = settingsFor(provider.issuer, { AUTH_LOCAL_SIGN_IN: 'off' });
  for (const [name, value] of Object.entries(settings)) world.pair.set(name, value);
  await world.pair.stop('auth');
  await world.pair.start('auth');
  const diagnosis = await world.diagnose({ ...world.environment, ...settings });
  t.match(diagnosis, { code: 0, first: null }, diagnosis.text);
  t.match(
    diagnosis.lines.filter(({ check }) => ['upstream', 'signIn'].includes(check)),
    [{ state: 'ok' }, { state: 'ok' }],
  );
  t.same(provider.visits, [], 'nobody was sent there');
});
