// Clients of MCP 2025-03-26 that were restarted look for the sign-in at the MCP address: what a real nginx passes on with
// our configurations, by the requests they send, and with fastmcp itself where PyPI has it.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { Pair } from '../../scripts/demo/pair.ts';
import { authorizeInBrowser, createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { trust } from '../containers/example-names.ts';
import { hasNginx, startNginx } from '../support/nginx.ts';
import { person } from '../support/person.ts';
import { makeEnvironment, startProgram } from '../support/program.ts';

const FASTMCP = 'fastmcp==4.2.3';
// fetching it takes most of a minute
t.setTimeout(300_000);
const run = promisify(execFile);

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server that says which of the two it is and how it was asked. */
async function startEcho(t: Test, name: string): Promise<number> {
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, url, headers } = request;
    response.end(JSON.stringify({ name, method, url, body, type: headers['content-type'] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return (server.address() as AddressInfo).port;
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const json = { 'content-type': 'application/json' };
const refresh = 'grant_type=refresh_token&refresh_token=r&client_id=c';

const places = {
  'one-host': { mcp: 'https://localhost', issuer: 'https://localhost', path: '/auth' },
  'two-hosts': { mcp: 'https://vault.localhost', issuer: 'https://auth.localhost', path: '' },
} as const;

for (const configuration of ['one-host', 'two-hosts'] as const) {
  t.test(
    `${configuration}: exactly what older clients look for at the MCP address goes to loop-auth`,
    async (t) => {
      if (!hasNginx) return t.comment('LEFT OUT: there is no nginx or openssl here (.ci/run installs them)');
      const [authPort, apiPort, port] = [
        await startEcho(t, 'auth'),
        await startEcho(t, 'api'),
        await freePort(),
      ];
      const nginx = await startNginx(t, { configuration, port, authPort, apiPort });
      const { mcp, issuer, path } = places[configuration];
      const at = (url: string): string => `${mcp}:${port}${url}`;

      const token = await nginx.ask(at('/token'), { method: 'POST', headers: form, body: refresh });
      t.match(JSON.parse(token.body), {
        ...{ name: 'auth', method: 'POST', url: `${path}/token`, body: refresh, type: form['content-type'] },
      });
      const registration = await nginx.ask(at('/register'), {
        method: 'POST',
        headers: json,
        body: '{"a":1}',
      });
      t.match(JSON.parse(registration.body), {
        name: 'auth',
        method: 'POST',
        url: `${path}/reg`,
        body: '{"a":1}',
      });
      for (const name of ['oauth-authorization-server', 'openid-configuration']) {
        for (const end of ['', '/mcp']) {
          const document = await nginx.ask(at(`/.well-known/${name}${end}`));
          t.match(
            JSON.parse(document.body),
            { name: 'auth', url: `/.well-known/${name}${path}` },
            name + end,
          );
        }
      }
      const authorize = await nginx.ask(at('/authorize?client_id=c&state=a%20b'));
      t.equal(authorize.status, 307);
      t.equal(authorize.headers['location'], `${issuer}:${port}${path}/auth?client_id=c&state=a%20b`);

      for (const other of [
        ...[
          '/token/',
          '/Token',
          '/token/introspection',
          '/authorize/x',
          '/register/x',
          '/reg',
          '/jwks',
          '/me',
        ],
        ...['/.well-known/oauth-authorization-server/other', '/.well-known/openid-configuration/mcp/'],
        ...['/setup', '/account', '/interaction/x', '/mcp', '/mcp/', '/sse/', '/metrics'],
      ]) {
        const answer = await nginx.ask(at(other), { method: 'POST', body: '' });
        t.notMatch(answer.body, '"name":"auth"', other);
      }
      t.match(JSON.parse((await nginx.ask(at('/mcp/'), { method: 'POST' })).body), {
        name: 'api',
        url: '/mcp/',
      });
    },
  );
}

t.test('while loop-auth is away, /token at the MCP address makes a client wait, not sign in', async (t) => {
  if (!hasNginx) return t.comment('LEFT OUT: there is no nginx or openssl here (.ci/run installs them)');
  for (const configuration of ['one-host', 'two-hosts'] as const) {
    const [authPort, apiPort, port] = [await freePort(), await freePort(), await freePort()];
    const nginx = await startNginx(t, { configuration, port, authPort, apiPort });
    for (const path of ['/token', '/register']) {
      const asked = { method: 'POST', headers: form, body: refresh };
      const answer = await nginx.ask(`${places[configuration].mcp}:${port}${path}`, asked);
      t.equal(answer.status, 503, configuration);
      t.match(JSON.parse(answer.body), { error: 'temporarily_unavailable' });
      t.match(answer.headers['retry-after'], /^[1-9]/);
    }
  }
});

/** Python with fastmcp in a folder that goes with the test; undefined, with the reason said, where it can't be had. */
async function installFastmcp(t: Test): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-python-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const python = join(folder, 'bin/python');
  try {
    await run('python3', ['-m', 'venv', folder]);
    await run(python, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--retries=1',
      '--timeout=10',
      FASTMCP,
    ]);
    return python;
  } catch (error) {
    t.comment(`LEFT OUT: ${FASTMCP} can't be had here: ${String((error as Error).message).split('\n')[0]}`);
    return undefined;
  }
}

t.test(
  'fastmcp, started again when its access token has expired, refreshes through nginx and nobody signs in',
  async (t) => {
    if (!hasNginx) return t.comment('LEFT OUT: there is no nginx or openssl here (.ci/run installs them)');
    const python = await installFastmcp(t);
    if (python === undefined) return;
    const [authPort, apiPort, port] = [await freePort(), await freePort(), await freePort()];
    const nginx = await startNginx(t, { configuration: 'one-host', port, authPort, apiPort });
    trust(await readFile(nginx.certificatePath, 'utf8'));
    const resource = `https://localhost:${port}/mcp`;
    const pair = await Pair.create({
      AUTH_ISSUER: `https://localhost:${port}/auth`,
      AUTH_PORT: String(authPort),
      AUTH_TRUSTED_PROXIES: '127.0.0.1',
      API_RESOURCE: resource,
      API_PORT: String(apiPort),
      API_AUTH_URL: `http://localhost:${authPort}`,
    });
    t.teardown(() => pair.close());
    await pair.start('auth');
    await pair.start('api');
    await createFirstAccount(pair.setupUrl(), person);
    const home = await makeEnvironment(t);
    const environment = { ...home, SSL_CERT_FILE: nginx.certificatePath };
    const script = join(import.meta.dirname, 'fastmcp-call.py');
    const start = (secondsLater: number): ReturnType<typeof startProgram> =>
      startProgram(
        t,
        python,
        [script, resource, join(home['HOME'] ?? '', 'tokens'), String(secondsLater)],
        environment,
      );

    const first = start(0);
    const [, address = ''] = await first.see(/SIGN-IN (\S+)/);
    await fetch(await authorizeInBrowser(address, person));
    await first.see(/ANSWER .*NAS/);
    await first.succeed();
    // by its own clock, which is what it goes by
    const again = start(7_200);
    t.match(await again.see(/SIGN-IN|ANSWER .*NAS/), [/^ANSWER/], 'without asking for a sign-in');
    await again.succeed();
    t.equal(
      pair.lines.filter((line) => line.includes('"status":401') && line.includes('"route":"/mcp"')).length,
      1,
      'only the very first call was without a token',
    );
  },
);
