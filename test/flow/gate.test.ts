// A stock MCP server that knows no OAuth, behind the same sign-in: from its bare public URL, through the gate and through nginx.
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import t, { type Test } from 'tap';
import { MemoryOAuthClient } from '../../scripts/demo/oauth-client.ts';
import { freePorts, Pair } from '../../scripts/demo/pair.ts';
import { authorizeInBrowser, createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { hasNginx, nginxProgram } from '../support/nginx.ts';
import { person } from '../support/person.ts';
import { makeEnvironment, startProgram } from '../support/program.ts';
import { runScript } from '../support/run-script.ts';
import { signingInClients } from '../support/signing-in-clients.ts';
import { until } from '../support/until.ts';

t.setTimeout(300_000);

/** As its makers' examples have it: with sessions, and without any sign-in. Tells who calls. */
async function startStockServer(t: Test): Promise<{ port: number; headers: IncomingHttpHeaders[] }> {
  const headers: IncomingHttpHeaders[] = [];
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    const server = new McpServer({ name: 'tasks', version: '1.0.0' });
    server.registerTool('who', { description: 'Who calls' }, (extra) => {
      const given = extra.requestInfo?.headers ?? {};
      const told = {
        account: given['x-loop-account'],
        bearer: given['authorization'] ?? 'none',
      };
      return { content: [{ type: 'text', text: JSON.stringify(told) }] };
    });
    await server.connect(transport as never);
    return transport;
  };
  const server = createServer(async (req, res) => {
    headers.push(req.headers);
    const known = sessions.get(String(req.headers['mcp-session-id']));
    await (known ?? (await open())).handleRequest(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, headers };
}

interface GatedPair {
  readonly pair: Pair;
  readonly startGate: (routes: string) => Promise<void>;
}

/** loop-auth that knows the resource, and the gate as a process of its own. */
async function startGatedPair(t: Test, resource: string, gatePort: number): Promise<GatedPair> {
  const pair = await Pair.create();
  t.teardown(() => pair.close());
  await pair.start('auth');
  await createFirstAccount(pair.setupUrl(), person);
  const made = await runScript(pair, 'seed-client', [
    '--resource-server',
    resource,
    ...['--name', 'Our tasks', '--scope', 'tasks.read=Read your tasks', '--json'],
  ]);
  t.equal(made.code, 0, made.text);
  const { client_id: id, client_secret: secret } = JSON.parse(made.text);
  const startGate = async (routes: string): Promise<void> => {
    const gate = startProgram(t, process.execPath, ['api/gate.ts'], {
      ...(await makeEnvironment(t)),
      AUTH_ISSUER: pair.issuer,
      GATE_PORT: String(gatePort),
      GATE_ROUTES: routes,
      GATE_CLIENT_ID: id,
      GATE_CLIENT_SECRET: secret,
    });
    await gate.see(/the gate listens/);
  };
  return { pair, startGate };
}

t.test(
  'both SDK clients use it from the bare URL, and the server learns who calls and no bearer',
  async (t) => {
    const upstream = await startStockServer(t);
    const [port = 0] = await freePorts(1);
    const resource = `http://localhost:${port}/tasks/mcp`;
    const { pair, startGate } = await startGatedPair(t, resource, port);
    await startGate(`${resource}=http://127.0.0.1:${upstream.port}/mcp`);
    for (const [name, open] of Object.entries(signingInClients)) {
      const oauth = new MemoryOAuthClient(name);
      const first = open(new URL(resource), oauth);
      await t.rejects(first.connect(), 'it asks for authorization first');
      await first.finish(await authorizeInBrowser(oauth.pendingAuthorization ?? '', person));
      for (const round of ['signed in', 'refreshed']) {
        const { client, connect } = open(new URL(resource), oauth);
        await connect();
        const said = (await client.callTool({ name: 'who', arguments: {} })) as {
          content: { text: string }[];
        };
        const { account, bearer } = JSON.parse(said.content[0]?.text ?? '{}');
        t.match(account, /^[\w-]{10,}$/, `${name}, ${round}`);
        t.equal(bearer, 'none');
        await client.close();
        oauth.forgetAccessToken();
      }
      t.match(oauth, { signIns: 1, refreshes: 1 });
    }
    const listed = await runScript(pair, 'connections', ['list', '--json']);
    t.equal(listed.code, 0);
  },
);

t.test(
  'nginx asks /verify before it lets a request through',
  { skip: !hasNginx && 'there is no nginx' },
  async (t) => {
    const upstream = await startStockServer(t);
    const [port = 0, gatePort = 0] = await freePorts(2);
    const resource = `http://localhost:${port}/tasks/mcp`;
    const { pair, startGate } = await startGatedPair(t, resource, gatePort);
    await startNginx(t, { port, gatePort, upstream: upstream.port });
    const send = (headers: Record<string, string>): Promise<Response> =>
      fetch(resource, { method: 'POST', headers, body: '{}' });
    const away = await send({ authorization: 'Bearer any' });
    t.equal(away.status, 503, 'while the gate is away nobody is sent into a sign-in');
    t.equal(away.headers.get('retry-after'), '5');
    await startGate(`${resource}=`);
    const refused = await send({});
    t.equal(refused.status, 401);
    t.match(
      refused.headers.get('www-authenticate'),
      /resource_metadata="http:\/\/localhost:\d+\/\.well-known\//,
    );
    const oauth = new MemoryOAuthClient('nginx');
    const open = signingInClients['SDK 1.x'];
    const first = open?.(new URL(resource), oauth);
    await t.rejects(first?.connect() ?? Promise.resolve());
    await first?.finish(await authorizeInBrowser(oauth.pendingAuthorization ?? '', person));
    const second = open?.(new URL(resource), oauth);
    await second?.connect();
    const said = (await second?.client.callTool({ name: 'who', arguments: {} })) as {
      content: { text: string }[];
    };
    const { account, bearer } = JSON.parse(said.content[0]?.text ?? '{}');
    t.match(account, /^[\w-]{10,}$/);
    t.equal(bearer, 'none');
    await second?.client.close();
    const forged = await send({
      authorization: `Bearer ${oauth.tokens()?.access_token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...{ 'X-Loop-Account': 'forged', 'X-Loop-Client': 'forged', 'X-Loop-Scope': 'forged' },
    });
    t.equal(forged.status, 400, 'it reaches the server, which takes no empty call');
    const reached = upstream.headers.at(-1);
    t.match(reached, { 'x-loop-account': account, 'x-loop-scope': 'tasks.read', 'x-loop-client': String });
    t.notMatch(JSON.stringify(reached), /forged|Bearer/, 'what a client says of itself does not');
    await pair.stop('auth');
    const outage = await send({ authorization: 'Bearer unknown-so-far' });
    t.equal(outage.status, 503, 'while loop-auth is away');
  },
);

/** nginx/gate.conf as it stands, with other ports and names. */
async function startNginx(
  t: Test,
  { port, gatePort, upstream }: { port: number; gatePort: number; upstream: number },
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-nginx-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const locations = (await readFile(join(import.meta.dirname, '../../nginx/gate.conf'), 'utf8'))
    .replaceAll('127.0.0.1:8084', `127.0.0.1:${gatePort}`)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${upstream}`)
    .replaceAll('https://nas.example', `http://localhost:${port}`);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const text = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log;
events {}
http { access_log off; ${paths.join(' ')}
server { listen 127.0.0.1:${port}; server_name localhost; ${locations} } }`;
  await writeFile(join(folder, 'nginx.conf'), text);
  execFileSync(nginxProgram, ['-t', '-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'pipe' });
  const child = spawn(nginxProgram, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' });
  t.teardown(() => void child.kill('SIGTERM'));
  const ask = (): Promise<number> =>
    fetch(`http://localhost:${port}/`).then(
      ({ status }) => status,
      () => 0,
    );
  await until(async () => (await ask()) !== 0, 'nginx listens');
}
