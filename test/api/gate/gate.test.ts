// The gate in front of a server that knows no OAuth: who comes through, what goes through, and what stays outside.
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { startGateWorld, startUpstream, tasks } from '../../support/gate.ts';
import { sendRaw } from '../../support/loop-api.ts';
import { until } from '../../support/until.ts';

t.test(
  'without a token there is a challenge with the way to one, and nothing reaches the server',
  async (t) => {
    const upstream = await startUpstream(t);
    const { url, call, auth } = await startGateWorld(t, `${tasks}=${upstream.origin}/mcp`);
    const answer = await fetch(`${url}/mcp`, { method: 'POST' });
    t.equal(answer.status, 401);
    const challenge = String(answer.headers.get('www-authenticate'));
    t.equal(
      challenge,
      'Bearer resource_metadata="https://tasks.example/.well-known/oauth-protected-resource/mcp", scope="tasks.read tasks.write"',
    );
    for (const path of ['/mcp', '']) {
      const metadata = await fetch(`${url}/.well-known/oauth-protected-resource${path}`);
      t.equal(metadata.headers.get('access-control-allow-origin'), '*');
      t.same(await metadata.json(), {
        resource: tasks,
        authorization_servers: [auth.issuer],
        scopes_supported: ['tasks.read', 'tasks.write'],
        bearer_methods_supported: ['header'],
        resource_name: 'Our tasks',
      });
    }
    for (const token of ['unknown', 'of-another']) {
      auth.addToken('of-another', 'https://notes.example/mcp');
      const refused = await call('/mcp', { headers: { authorization: `Bearer ${token}` } });
      t.equal(refused.status, 401, token);
      t.match(refused.headers.get('www-authenticate'), /error="invalid_token"/);
    }
    t.same(upstream.requests, []);
  },
);

t.test(
  'what is allowed goes on with who calls, and without the bearer, cookies and what others may forge',
  async (t) => {
    const upstream = await startUpstream(t, (req, res) => {
      res.setHeader('Set-Cookie', 'theirs=1');
      res.setHeader('Clear-Site-Data', '"*"');
      res.setHeader('Alt-Svc', 'h2="elsewhere.example:443"');
      res.setHeader('X-Powered-By', 'a stock server');
      res.setHeader('Mcp-Session-Id', 'session-1');
      if (req.url?.startsWith('/moved')) res.setHeader('Location', '/inner/mcp?x=1');
      res.end(`{"method":"${req.method}"}`);
    });
    const { call } = await startGateWorld(t, `${tasks}=${upstream.origin}/inner/mcp`);
    const answer = await call('/mcp?a=%2Fb', {
      method: 'POST',
      body: '{"jsonrpc":"2.0"}',
      headers: {
        'content-type': 'application/json',
        cookie: 'loop_session=secret',
        'x-loop-account': 'somebody else',
        'X-Loop_Account': 'somebody else',
        x_loop_account: 'somebody else',
        'x-forwarded-host': 'evil.example',
        'Remote-User': 'somebody else',
        x_remote_groups: 'somebody else',
        'X-Auth-Request-Email': 'somebody else',
        'X-Original-URL': '/evil',
        x_rewrite_url: '/evil',
        'X-HTTP-Method-Override': 'evil',
        'X-Auth-Token': 'a key of the servers own',
        'mcp-protocol-version': '2026-07-28',
      },
    });
    t.equal(answer.status, 200);
    for (const name of ['set-cookie', 'clear-site-data', 'alt-svc'])
      t.equal(answer.headers.get(name), null, name);
    t.equal(answer.headers.get('mcp-session-id'), 'session-1');
    t.same(await answer.json(), { method: 'POST' });
    const [request] = upstream.requests;
    t.equal(request?.req.url, '/inner/mcp?a=%2Fb');
    t.equal(request?.body, '{"jsonrpc":"2.0"}');
    const headers = request?.req.headers ?? {};
    t.match(headers, {
      host: upstream.origin.slice('http://'.length),
      'x-loop-account': 'person-1',
      'x-loop-client': 'client-1',
      'x-loop-scope': 'tasks.read',
      'x-forwarded-host': 'tasks.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '127.0.0.1',
      'x-auth-token': 'a key of the servers own',
      'mcp-protocol-version': '2026-07-28',
    });
    t.notMatch(JSON.stringify(request?.req.rawHeaders), /Bearer|secret|somebody|evil/i);
  },
);

t.test('only the address of a route leads to its server, in one spelling', async (t) => {
  const upstream = await startUpstream(t);
  const { call, url } = await startGateWorld(t, `${tasks}=${upstream.origin}/mcp`);
  for (const path of [
    '/',
    '/MCP',
    '/mcp/x',
    '/mcp/..',
    '/mcp%2f',
    '/%6dcp',
    '//mcp',
    '/mcp/-/mcp',
    '/admin',
    '/mcp;x',
  ]) {
    const authorization = { authorization: 'Bearer good' };
    const { status } = await sendRaw(`${url}/`, { headers: authorization }).then(() =>
      sendRaw(url + path, { headers: authorization }),
    );
    t.equal(status, 404, path);
  }
  t.equal((await call('/mcp', { method: 'PUT' })).status, 405);
  t.same(upstream.requests, []);
  t.equal((await call('/mcp/')).status, 200, 'a slash behind it is forgiven');
  t.equal(upstream.requests[0]?.req.url, '/mcp');
});

t.test('a foreign page is refused, and one of this machine may read what it needs', async (t) => {
  const upstream = await startUpstream(t);
  const { call } = await startGateWorld(t, `${tasks}=${upstream.origin}/mcp`);
  t.equal((await call('/mcp', { headers: { origin: 'https://evil.example' } })).status, 403);
  const answer = await call('/mcp', { headers: { origin: 'http://localhost:6274' } });
  t.equal(answer.headers.get('access-control-allow-origin'), 'http://localhost:6274');
  t.equal(upstream.requests.length, 1);
  t.equal(upstream.requests[0]?.req.headers.origin, undefined, 'the server has nothing to judge');
  const asked = await call('/mcp', { method: 'OPTIONS', headers: { origin: 'http://localhost:6274' } });
  t.equal(asked.status, 204);
});

t.test('a stream goes through as it comes, and ends with its token or its reader', async (t) => {
  let left = 0;
  const upstream = await startUpstream(t, (_req, res) => {
    res.once('close', () => {
      left += 1;
    });
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write('event: message\ndata: first\n\n');
  });
  const { auth, call } = await startGateWorld(t, `${tasks}=${upstream.origin}/mcp`, {
    API_INTROSPECTION_CACHE_SECONDS: '1',
  });
  const reading = new AbortController();
  const one = await call('/mcp', { signal: reading.signal });
  t.equal(one.headers.get('x-accel-buffering'), 'no');
  const first = await one.body?.getReader().read();
  t.equal(
    Buffer.from(first?.value ?? []).toString(),
    'event: message\ndata: first\n\n',
    'before there is more',
  );
  reading.abort();
  await until(async () => left === 1, 'the server hears that the reader has gone');
  const other = await call('/mcp');
  auth.failure = 500;
  await delay(2_500);
  t.equal(left, 1, 'an outage of loop-auth ends none');
  auth.failure = undefined;
  auth.tokens.delete('good');
  await t.rejects(other.text(), 'a token that is over ends it');
  await until(async () => left === 2, 'at the server too');
});

t.test('the older transport: messages are posted below the route, where a stream has said so', async (t) => {
  const upstream = await startUpstream(t, (req, res) => {
    if (req.method === 'POST') return void res.writeHead(202).end('Accepted');
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write('event: endp');
    setImmediate(() => res.write('oint\ndata: /messages?sessionId=7\n\nevent: message\ndata: /messages\n\n'));
  });
  const { call } = await startGateWorld(t, `https://tasks.example/old/sse=${upstream.origin}/sse`);
  t.equal((await call('/old/sse/-/messages?sessionId=7', { method: 'POST' })).status, 404, 'not named yet');
  const stream = await call('/old/sse');
  const reader = stream.body?.getReader();
  let text = '';
  while (!text.includes('data: /messages\n'))
    text += Buffer.from((await reader?.read())?.value ?? []).toString();
  t.equal(
    text,
    'event: endpoint\ndata: /old/sse/-/messages?sessionId=7\n\nevent: message\ndata: /messages\n\n',
  );
  const posted = await call('/old/sse/-/messages?sessionId=7', { method: 'POST', body: 'hello' });
  t.equal(posted.status, 202);
  await reader?.cancel();
  t.match(upstream.requests.at(-1), { req: { url: '/messages?sessionId=7' }, body: 'hello' });
  t.equal((await call('/old/sse/-/other', { method: 'POST' })).status, 404);
});

t.test('no failure of anybody costs a sign-in', async (t) => {
  const upstream = await startUpstream(
    t,
    (req, res) => void res.writeHead(req.url === '/mcp?401' ? 401 : 200).end(),
  );
  const { auth, call, url } = await startGateWorld(t, `${tasks}=${upstream.origin}/mcp`);
  const own = await call('/mcp?401');
  t.equal(own.status, 502, 'a server that asks for a sign-in of its own');
  t.equal(own.headers.get('www-authenticate'), null);
  await upstream.stop();
  const away = await call('/mcp', { method: 'POST', body: '{}' });
  t.equal(away.status, 503, 'a server that is away');
  t.equal(away.headers.get('retry-after'), '5');
  await upstream.start();
  t.equal((await call('/mcp')).status, 200, 'and is back');
  auth.failure = 500;
  t.equal((await call('/mcp')).status, 200, 'a token that is known, while loop-auth is away');
  t.equal((await call('/mcp', { headers: { authorization: 'Bearer new' } })).status, 503, 'one that is not');
  t.equal((await fetch(`${url}/mcp`)).status, 401, 'and none at all');
});

t.test(
  'a resource that loop-auth does not know is said with the way out, once it is there it works',
  async (t) => {
    const upstream = await startUpstream(t);
    const { auth, call, log } = await startGateWorld(t, `${tasks}=${upstream.origin}/mcp`);
    const known = auth.ownResources;
    auth.ownResources = [];
    t.equal((await call('/mcp')).status, 503);
    t.match(log.find(({ resource }) => resource === tasks)?.['msg'], /seed-client/);
    auth.ownResources = known;
    await until(async () => (await call('/mcp')).status === 200, 'it is asked again');
  },
);

t.test(
  'several servers behind one gate are told apart by host and path, and so are their tokens',
  async (t) => {
    const one = await startUpstream(t);
    const two = await startUpstream(t);
    const routes = `https://a.example/mcp=${one.origin}/mcp, https://b.example/mcp=${two.origin}/mcp,https://a.example/x=${two.origin}/x`;
    const { url, auth } = await startGateWorld(t, routes);
    auth.addToken('of-b', 'https://b.example/mcp', { scope: 'tasks.read' });
    const send = (token: string, host: string, path = '/mcp') =>
      sendRaw(url + path, { headers: { host, authorization: `Bearer ${token}` } });
    t.equal((await send('good', 'a.example')).status, 200);
    t.equal((await send('of-b', 'B.example')).status, 200);
    t.equal((await send('good', 'b.example')).status, 401, 'the token of one is none of the other');
    t.equal((await send('good', 'c.example')).status, 404, 'no host that could be either');
    t.equal((await send('good', 'c.example', '/x')).status, 401, 'a path that only one has needs no host');
    t.equal(one.requests.length, 1);
    t.equal(two.requests.length, 1);
  },
);

t.test('/verify says to a proxy who calls, or what the client is to be told', async (t) => {
  const routes = 'https://a.example/mcp=,https://b.example/mcp=';
  const { call, url, auth } = await startGateWorld(t, routes);
  const ask = `/verify?resource=${encodeURIComponent('https://a.example/mcp')}`;
  const good = await call(ask);
  t.equal(good.status, 200);
  t.equal(good.headers.get('x-loop-account'), 'person-1');
  t.equal(good.headers.get('cache-control'), 'no-store');
  t.equal((await call(`${ask}&scope=tasks.read`)).status, 200);
  const narrow = await call(`${ask}&scope=tasks.write`);
  t.equal(narrow.status, 403);
  t.match(narrow.headers.get('www-authenticate'), /insufficient_scope.*scope="tasks.read tasks.write"/);
  const none = await fetch(url + ask);
  t.equal(none.status, 401);
  t.match(none.headers.get('www-authenticate'), /^Bearer resource_metadata="https:\/\/a\.example\//);
  t.equal((await call('/verify')).status, 400, 'which of two is for the proxy to say');
  t.equal((await call('/verify?resource=https://c.example/mcp')).status, 400);
  const other = await call(`/verify?resource=${encodeURIComponent('https://b.example/mcp')}`);
  t.equal(other.status, 401, 'a token for another');
  t.equal((await call('/mcp')).status, 404, 'there is no server to lead to');
  auth.failure = 500;
  t.equal((await call(ask, { headers: { authorization: 'Bearer new' } })).status, 503);
});

t.test('a large body is passed on while it comes', async (t) => {
  const upstream = await startUpstream(t);
  const { call } = await startGateWorld(t, `${tasks}=${upstream.origin}/mcp`);
  let isFirstThere = false;
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(Buffer.alloc(70_000, 'a'));
      await until(async () => (upstream.requests[0]?.body.length ?? 0) >= 65_000, 'the first part is there');
      isFirstThere = true;
      controller.enqueue(Buffer.alloc(70_000, 'b'));
      controller.close();
    },
  });
  // It answers at once, which is its own affair.
  await call('/mcp', { method: 'POST', body, duplex: 'half' } as RequestInit).then((answer) => answer.text());
  await until(async () => isFirstThere, 'held back nowhere');
  t.pass();
});

t.test(
  'a client reads the address that it typed, with a slash, a usual port or another name of this machine',
  async (t) => {
    const upstream = await startUpstream(t);
    const near = 'http://localhost:8084/mcp';
    const routes = `${tasks}=${upstream.origin}/a,${near}=${upstream.origin}/b,https://dir.example/c/=${upstream.origin}/c`;
    const { url, auth } = await startGateWorld(t, routes);
    auth.addToken('near', near);
    for (const [host, path, origin] of [
      ['tasks.example', '/mcp', 'https://tasks.example'],
      ['tasks.example', '/mcp/', 'https://tasks.example'],
      ['Tasks.example:443', '/mcp', 'https://tasks.example'],
      ['localhost:8084', '/mcp', 'http://localhost:8084'],
      ['127.0.0.1:8084', '/mcp', 'http://127.0.0.1:8084'],
      ['[::1]:8084', '/mcp/', 'http://[::1]:8084'],
      ['dir.example', '/c/', 'https://dir.example'],
    ] as const) {
      const typed = `${host} ${path}`;
      const metadataPath = `/.well-known/oauth-protected-resource${path}`;
      const refused = await sendRaw(url + path, { headers: { host } });
      t.equal(refused.status, 401, typed);
      t.match(refused.headers['www-authenticate'], `resource_metadata="${origin}${metadataPath}"`, typed);
      const metadata = await sendRaw(url + metadataPath, { headers: { host } });
      t.equal(JSON.parse(metadata.body).resource, origin + path, typed);
    }
    const headers = { host: '127.0.0.1:8084', authorization: 'Bearer near' };
    t.equal(
      (await sendRaw(`${url}/mcp`, { headers })).status,
      200,
      'the token is for the route, however it is typed',
    );
    t.equal(upstream.requests.at(-1)?.req.url, '/b');
    for (const host of ['evil.example', 'tasks.example:8443', 'x@tasks.example', '127.0.0.1:9']) {
      const { status } = await sendRaw(`${url}/mcp`, { headers: { host } });
      t.equal(status, 404, `${host} may mean either`);
    }
  },
);

t.test('whoever looks with HEAD is told the way to a token, and reaches the server with one', async (t) => {
  const upstream = await startUpstream(t);
  const { url, call } = await startGateWorld(t, `${tasks}=${upstream.origin}/mcp`);
  const refused = await fetch(`${url}/mcp`, { method: 'HEAD' });
  t.equal(refused.status, 401);
  t.match(refused.headers.get('www-authenticate'), /resource_metadata=/);
  t.same(upstream.requests, []);
  t.equal((await call('/mcp', { method: 'HEAD' })).status, 200);
  t.equal(upstream.requests[0]?.req.method, 'HEAD');
});

t.test('/verify checks every scope that it is asked for, and one resource', async (t) => {
  const { call } = await startGateWorld(t, `${tasks}=,https://notes.example/mcp=`);
  const ask = async (query: string): Promise<number> => (await call(`/verify?${query}`)).status;
  const resource = `resource=${encodeURIComponent(tasks)}`;
  t.equal(await ask(`${resource}&scope=tasks.read`), 200);
  t.equal(await ask(`${resource}&scope=tasks.read&scope=tasks.write`), 403);
  t.equal(await ask(`${resource}&${resource}`), 400);
  t.equal(await ask(`${resource}&resource=https://notes.example/mcp`), 400);
});
