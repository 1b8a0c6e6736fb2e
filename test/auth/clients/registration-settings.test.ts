// Who may make itself known (AUTH_REGISTRATION), by registration and by document, and how browsers reach /reg.
import t from 'tap';
import { startClientHosts } from '../../support/client-hosts.ts';
import { type Answer, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';
import { connectOver } from '../../support/recorded-clients.ts';

const token = 'an-initial-access-token';
const document = {
  client_id: 'https://chatgpt.com/oauth/client-for-tests.json',
  client_name: 'A client',
  redirect_uris: ['https://chatgpt.com/callback'],
};

const metadataOf = async (world: LoopAuth): Promise<Record<string, unknown>> =>
  (await world.ask('/.well-known/oauth-authorization-server')).body;

const authorize = (world: LoopAuth, id: string, redirectUri: string): Promise<Answer> =>
  world.ask(`/auth${world.authorization({ clientId: id }, { redirect_uri: redirectUri }).url.search}`);

t.test('hosts: only apps that send people to those hosts, or to their own machine', async (t) => {
  const hosts = await startClientHosts(t);
  const settings = { AUTH_REGISTRATION: 'hosts', AUTH_REGISTRATION_HOSTS: 'chatgpt.com, claude.ai' };
  const world = await startLoopAuth(t, { settings, fetchJson: hosts.fetchJson });
  for (const [uris, status] of [
    [['https://chatgpt.com/connector/oauth/x'], 201],
    [['https://claude.ai/api/mcp/auth_callback', 'https://chatgpt.com/'], 201],
    [['http://127.0.0.1:1234/callback', 'http://localhost/callback'], 201],
    [['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'], 400],
    [['https://evil.example/'], 400],
    [['https://chatgpt.com.evil.example/'], 400],
    [['https://sub.chatgpt.com/'], 400],
    [['cursor://anysphere.cursor-mcp/oauth/callback'], 201],
    [['com.chatgpt:/cb', 'ai.claude.app:/cb'], 201],
    [['chatgpt.com:/connector_platform_oauth_redirect'], 400],
    [['chatgpt.com://connector_platform_oauth_redirect'], 400],
    [['http://localhost/callback', 'chatgpt.com:/x'], 400],
    [['com.example.app:/cb'], 400],
    [['com.notchatgpt:/cb'], 400],
  ] as const) {
    const answer = await world.tryRegister({ redirect_uris: uris });
    t.equal(answer.status, status, uris.join(' '));
    if (status === 400)
      t.match(answer.body['error_description'], /redirect_uris must not use (the host|.*reads like a host)/);
  }
  t.equal((await world.tryRegister({ redirect_uris: ['https://chatgpt.com@evil.example/'] })).status, 400);
  hosts.serve(document.client_id, document);
  const { status } = await connectOver(
    world,
    { clientId: document.client_id },
    { redirectUri: 'https://chatgpt.com/callback' },
  );
  t.equal(status, 200, 'a document of such an app');
  const other = 'https://chatgpt.com/other.json';
  hosts.serve(other, { ...document, client_id: other, redirect_uris: ['https://evil.example/'] });
  t.equal((await authorize(world, other, 'https://evil.example/')).status, 400, 'and of another');
  t.equal((await metadataOf(world))['client_id_metadata_document_supported'], true);
});

t.test('token: only who shows the token, and no documents', async (t) => {
  const hosts = await startClientHosts(t);
  hosts.serve(document.client_id, document);
  const settings = { AUTH_REGISTRATION: 'token', AUTH_REGISTRATION_TOKEN: token };
  const world = await startLoopAuth(t, { settings, fetchJson: hosts.fetchJson });
  const register = (authorization?: string): Promise<Answer> =>
    world.ask('/reg', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(authorization !== undefined && { Authorization: authorization }),
      },
      body: JSON.stringify({ redirect_uris: ['https://app.example/'] }),
    });
  t.equal((await register(`Bearer ${token}`)).status, 201);
  for (const authorization of [
    undefined,
    '',
    'Bearer',
    'Bearer wrong',
    `Bearer ${token}x`,
    `Basic ${token}`,
    token,
  ]) {
    const { status, body } = await register(authorization);
    t.ok(status === 401 || status === 400, `${authorization}: ${status}`);
    t.type(body['error'], 'string');
  }
  t.equal((await register('Bearer wrong-one')).status, 401);
  const { client_id_metadata_document_supported: documents, registration_endpoint: endpoint } =
    await metadataOf(world);
  t.equal(documents, undefined);
  t.equal(endpoint, `${world.issuer}/reg`);
  t.equal((await authorize(world, document.client_id, 'https://chatgpt.com/callback')).status, 400);
  t.same(hosts.asked, []);
  t.notMatch(world.lines.join(), token, 'and the token is in no log');
});

t.test('off: nobody new, discovery says so, and who is known stays', async (t) => {
  const hosts = await startClientHosts(t);
  hosts.serve(document.client_id, document);
  const open = await startLoopAuth(t, { fetchJson: hosts.fetchJson });
  const known = { clientId: document.client_id };
  const way = { redirectUri: 'https://chatgpt.com/callback' };
  await connectOver(open, known, way);
  const { app, tokens } = await open.connect();
  const settings = { AUTH_REGISTRATION: 'off' };
  const { databasePath } = open;
  const world = await startLoopAuth(t, {
    settings,
    databasePath,
    withoutAccount: true,
    fetchJson: hosts.fetchJson,
  });
  t.equal((await world.tryRegister({ redirect_uris: ['https://app.example/'] })).status, 404);
  const { status } = await world.ask('/reg', { method: 'OPTIONS', headers: { Origin: 'https://x.example' } });
  t.equal(status, 404);
  const metadata = await metadataOf(world);
  t.notOk('registration_endpoint' in metadata);
  t.notOk('client_id_metadata_document_supported' in metadata);
  hosts.serve('https://chatgpt.com/new.json', { ...document, client_id: 'https://chatgpt.com/new.json' });
  t.equal((await authorize(world, 'https://chatgpt.com/new.json', way.redirectUri)).status, 400);
  t.same(hosts.asked, [document.client_id], 'and nothing is read');
  t.equal((await connectOver(world, known, way)).status, 200, 'a known document');
  t.equal((await world.refresh(app, tokens.refresh_token)).status, 200, 'a known registration');
});

t.test('a browser may register from any origin, and reads every answer', async (t) => {
  const world = await startLoopAuth(t);
  const preflight = await world.ask('/reg', {
    method: 'OPTIONS',
    headers: {
      Origin: 'http://localhost:6274',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type,mcp-protocol-version',
    },
  });
  t.equal(preflight.status, 204);
  t.match(preflight.headers.get('Access-Control-Allow-Headers'), /content-type.*mcp-protocol-version/i);
  t.match(preflight.headers.get('Access-Control-Allow-Methods'), 'POST');
  for (const [body, status] of [
    [{ redirect_uris: ['http://localhost:6274/oauth/callback'] }, 201],
    [{ redirect_uris: ['javascript:x'] }, 400],
  ] as const) {
    const { status: answered, headers } = await world.tryRegister(body);
    t.equal(answered, status);
    t.equal(headers.get('Access-Control-Allow-Origin'), '*');
    t.equal(headers.get('Access-Control-Allow-Credentials'), null);
  }
  for (const path of [
    '/token',
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
  ]) {
    const { status, headers } = await world.ask(path, {
      method: 'OPTIONS',
      headers: {
        Origin: 'http://localhost:6274',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'mcp-protocol-version',
      },
    });
    t.equal(status, 204, path);
    t.match(headers.get('Access-Control-Allow-Headers'), /mcp-protocol-version/i, path);
  }
});

t.test('a body that is too large, or is no JSON object, is refused with JSON', async (t) => {
  const world = await startLoopAuth(t);
  const send = (body: string | ReadableStream, type = 'application/json'): Promise<Answer> =>
    world.ask('/reg', {
      method: 'POST',
      headers: { 'Content-Type': type },
      body,
      duplex: 'half',
    } as RequestInit);
  const long = JSON.stringify({ redirect_uris: ['https://a.example/'], client_name: 'x'.repeat(100_000) });
  for (const body of [long, new Blob([long]).stream()]) {
    const large = await send(body);
    t.equal(large.status, 413);
    t.match(large.body['error_description'], 'larger than 8 KB');
  }
  for (const body of ['', '[]', '7', 'null', '{', '"x"', '{"redirect_uris":']) {
    const answer = await send(body);
    t.equal(answer.status, 400, body);
    t.type(answer.body['error'], 'string');
  }
  const form = await send('redirect_uris=https://a.example/', 'application/x-www-form-urlencoded');
  t.ok(form.status >= 400 && form.status < 500 && typeof form.body['error'] === 'string');
});
