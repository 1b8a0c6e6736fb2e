// Where loop-auth answers: discovery byte for byte, an issuer with a path, one spelling of every path, and odd requests.
import { hash } from 'node:crypto';
import { connect } from 'node:net';
import t from 'tap';
import { passkeyScriptHash, scriptHash } from '../../pages/templates.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { ann, type LoopAuth, startLoopAuth } from '../support/loop-auth.ts';

/** The whole document, as clients compare it. */
function metadataOf(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/reg`,
    introspection_endpoint: `${issuer}/token/introspection`,
    revocation_endpoint: `${issuer}/token/revocation`,
    userinfo_endpoint: `${issuer}/me`,
    end_session_endpoint: `${issuer}/session/end`,
    jwks_uri: `${issuer}/jwks`,
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
    response_types_supported: ['code'],
    device_authorization_endpoint: `${issuer}/device/auth`,
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
      'client_credentials',
    ],
    scopes_supported: ['openid', 'profile', 'offline_access', 'vault.read', 'vault.write'],
    token_endpoint_auth_methods_supported: [
      'none',
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
    ],
  };
}

async function discover(
  world: LoopAuth,
  path: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const response = await fetch(world.origin + path, { headers });
  return response.status === 200 ? response.text() : `${response.status}`;
}

t.test('discovery names the issuer and its endpoints byte for byte', async (t) => {
  const world = await startLoopAuth(t, { settings: { AUTH_ISSUER: 'https://auth.example' } });
  const paths = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
  const documents = await Promise.all(paths.map((path) => discover(world, path)));
  t.equal(documents[0], documents[1], 'both documents are the same bytes');
  const document = JSON.parse(documents[0] ?? '') as Record<string, unknown>;
  t.match(document, metadataOf('https://auth.example'));
  t.notMatch(documents[0], /http:/, 'no plain http anywhere');
});

t.test('an issuer with a path is found at the suffixed and the inserted addresses', async (t) => {
  const world = await startLoopAuth(t, { settings: { AUTH_ISSUER: 'https://nas.example/auth' } });
  const documents = await Promise.all(
    [
      '/auth/.well-known/openid-configuration',
      '/auth/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration/auth',
      '/.well-known/oauth-authorization-server/auth',
    ].map((path) => discover(world, path)),
  );
  t.match(JSON.parse(documents[0] ?? ''), metadataOf('https://nas.example/auth'));
  t.equal(new Set(documents).size, 1, 'the same bytes at all four');
  for (const path of [
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/other',
    '/.well-known/oauth-authorization-server/auth/more',
    '/authentic/.well-known/openid-configuration',
    '/jwks',
    '/reg',
  ]) {
    t.equal(await discover(world, path), '404', `${path} belongs to someone else`);
  }
});

t.test('the whole way from registration to tokens works below a path', async (t) => {
  const world = await startLoopAuth(t, { issuerPath: '/deep/auth' });
  const browser = new Browser();
  const { tokens } = await world.connect({ browser });
  t.ok(await world.isActive(tokens.access_token));
  const again = world.authorization(await world.register());
  const page = await browser.visit(again.url);
  t.match(page.url.pathname, /^\/deep\/auth\/interaction\//);
  t.match(page.text, 'name="decision"', 'the session cookie is good for the whole issuer');
});

t.test('cookies stay below the issuer and out of reach of scripts', async (t) => {
  for (const [issuer, isSecure] of [
    ['https://auth.example', true],
    ['https://nas.example/auth', true],
    ['http://localhost:8083', false],
  ] as const) {
    const world = await startLoopAuth(t, { settings: { AUTH_ISSUER: issuer } });
    const app = await world.register();
    const { url } = world.authorization(app);
    const { status, headers } = await world.ask(`/auth${url.search}`);
    t.equal(status, 303, issuer);
    const path = new URL(issuer).pathname.replace(/\/$/, '');
    t.match(headers.get('Location'), new RegExp(`^(${issuer})?${path}/interaction/`), 'to our own page');
    const cookies = headers.getSetCookie();
    t.ok(cookies.length >= 2, 'the interaction and its signature');
    for (const cookie of cookies) {
      const [, attributes = ''] = cookie.split(/;(.*)/s);
      t.match(attributes, /httponly/i);
      t.match(attributes, /samesite=lax/i);
      t.notMatch(attributes, /domain=/i);
      t.equal(/; ?secure/i.test(attributes), isSecure, `Secure: ${isSecure}`);
      t.ok(/path=([^;]*)/i.exec(attributes)?.[1]?.startsWith(path), 'below the issuer');
    }
  }
});

t.test('where it can be, the session cookie is one that no neighbouring host can set', async (t) => {
  for (const [issuer, name] of [
    ['https://auth.example', '__Host-loop_session'],
    ['https://nas.example/auth', 'loop_session'],
    ['http://localhost:8083', 'loop_session'],
  ] as const) {
    const world = await startLoopAuth(t, { settings: { AUTH_ISSUER: issuer } });
    const { headers } = await world.ask('/session/end');
    const cookie = headers.getSetCookie().find((one) => one.startsWith(`${name}=`)) ?? '';
    t.match(cookie, new RegExp(`path=${new URL(issuer).pathname}; `), issuer);
    t.notMatch(cookie, /domain/i);
    t.match(cookie, /; httponly/i, 'no script reads it');
    t.match(cookie, /; samesite=lax/i);
    t.equal(/; secure/i.test(cookie), issuer.startsWith('https:'));
  }
});

t.test('the rules for a path hold however the path is spelled', async (t) => {
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect();
  const fields = {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
    client_id: app.clientId,
  };
  for (const path of ['/TOKEN', '/token/', '/Token', '/REG', '/reg/', '/%74oken', '/token/Revocation']) {
    const answer = await world.post(path, fields);
    t.equal(answer.status, 404, path);
    t.equal(answer.body['error'], 'not_found');
  }
  for (const path of [
    '/SETUP?token=x',
    '/setup/?token=x',
    '/Interaction/x',
    '/AUTH?client_id=x',
    '/session/END',
  ]) {
    t.equal((await world.ask(path)).status, 404, path);
  }
  t.equal((await world.refresh(app, tokens.refresh_token)).status, 200);
  const browser = new Browser();
  const { url, status } = await browser.visit(world.authorization(app).url);
  t.match(url.pathname, /^\/interaction\/[\w-]*[A-Z][\w-]*$/, 'an id has capital letters');
  t.equal(status, 200);
  t.equal((await browser.visit(`${url}/`)).status, 404, 'and no slash behind it');
});

t.test('a browser-based app may call from its own origin only', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register({ redirect_uris: ['https://app.example/cb'] });
  const from = (origin: string): Promise<{ status: number; headers: Headers }> =>
    world.token(app, { grant_type: 'refresh_token', refresh_token: 'gone' }, { Origin: origin });
  const own = await from('https://app.example');
  t.equal(own.headers.get('Access-Control-Allow-Origin'), 'https://app.example');
  for (const origin of ['https://evil.example', 'null']) {
    const { headers } = await from(origin);
    t.equal(headers.get('Access-Control-Allow-Origin'), null, origin);
    t.equal(headers.get('Access-Control-Allow-Credentials'), null, origin);
  }
  const preflight = await world.ask('/.well-known/oauth-authorization-server', {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://app.example',
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'mcp-protocol-version',
    },
  });
  t.equal(preflight.status, 204);
  t.match(preflight.headers.get('Access-Control-Allow-Headers'), /mcp-protocol-version/i);
});

const oddValues = [
  '',
  '\0',
  'é'.repeat(100),
  '\ud800',
  '%',
  '%zz',
  '[]',
  '{"a":',
  '../../etc/passwd',
  "' OR 1=1 --",
  '<script>',
  '1e999',
  'true',
  'null',
  'A'.repeat(5000),
  '\r\nSet-Cookie: x=y',
];

t.test('nothing that a stranger sends is answered with 5xx', async (t) => {
  const world = await startLoopAuth(t, { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } });
  const app = await world.register();
  const bad: string[] = [];
  let asked = 0;
  const tryOut = async (path: string, init: RequestInit): Promise<void> => {
    asked += 1;
    // From many networks: a refusal for asking too often would show nothing.
    const headers = { ...init.headers, 'X-Forwarded-For': `192.0.2.${asked % 100}` };
    const { status } = await world.ask(path, { ...init, headers });
    if (status >= 500 || status === 429)
      bad.push(`${init.method} ${path.slice(0, 200)} ${String(init.body).slice(0, 200)}`);
  };
  const parameters = [
    ...['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce', 'prompt'],
    ...['max_age', 'login_hint', 'id_token_hint', 'claims', 'acr_values', 'ui_locales', 'display', 'request'],
    ...[
      'request_uri',
      'resource',
      'code_challenge',
      'code_challenge_method',
      'loop_defaults',
      'registration',
    ],
    ...['grant_type', 'code', 'code_verifier', 'refresh_token', 'token', 'token_type_hint', 'client_secret'],
    ...[
      'client_assertion',
      'client_assertion_type',
      'dpop_jkt',
      'authorization_details',
      '__proto__',
      'web_message_uri',
    ],
  ];
  const base = Object.fromEntries(world.authorization(app).url.searchParams);
  const grants = {
    '/token': { client_id: app.clientId, grant_type: 'refresh_token', refresh_token: 'x' },
    '/token/introspection': { client_id: app.clientId, token: 'x' },
    '/token/revocation': { client_id: app.clientId, token: 'x' },
  };
  for (const name of parameters) {
    for (const value of oddValues) {
      await tryOut(`/auth?${new URLSearchParams({ ...base, [name]: value })}`, { method: 'GET' });
      if (oddValues.indexOf(value) % 3 > 0) continue;
      const posted = new URLSearchParams({ ...base, [name]: value });
      for (const path of ['/auth', '/session/end', '/me'])
        await tryOut(path, { method: 'POST', body: posted });
      await tryOut(`/session/end?${new URLSearchParams({ client_id: app.clientId, [name]: value })}`, {
        method: 'GET',
      });
      await tryOut('/me', {
        method: 'GET',
        headers: { Authorization: `Bearer ${encodeURI(value.toWellFormed())}` },
      });
      for (const [path, fields] of Object.entries(grants)) {
        await tryOut(path, { method: 'POST', body: new URLSearchParams({ ...fields, [name]: value }) });
      }
    }
    await tryOut(`/auth?${new URLSearchParams(base)}&${name}=a&${name}=b`, { method: 'GET' });
    await tryOut('/token', {
      method: 'POST',
      body: `${new URLSearchParams(grants['/token'])}&${name}=a&${name}[b]=c`,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
  }
  for (const prompt of [
    'none',
    'login',
    'consent',
    'login consent',
    'none login',
    'create',
    'select_account',
  ]) {
    await tryOut(`/auth?${new URLSearchParams({ ...base, prompt })}`, { method: 'GET' });
  }
  for (const mode of ['query', 'fragment', 'form_post', 'web_message', 'jwt', 'query.jwt']) {
    await tryOut(`/auth?${new URLSearchParams({ ...base, response_mode: mode, prompt: 'none' })}`, {
      method: 'GET',
    });
  }
  const metadata = [
    'redirect_uris',
    'client_name',
    'grant_types',
    'response_types',
    'scope',
    'contacts',
    'jwks',
  ];
  const moreMetadata = [
    'jwks_uri',
    'logo_uri',
    'application_type',
    'token_endpoint_auth_method',
    'software_id',
  ];
  const strange = [null, true, 0, -1, 1e308, '', 'x', [], [null], [[]], {}, [{}], ['\0'], '\ud800', ['é']];
  for (const name of [
    ...metadata,
    ...moreMetadata,
    'default_max_age',
    'post_logout_redirect_uris',
    'subject_type',
  ]) {
    for (const value of strange) {
      const body = JSON.stringify({ redirect_uris: ['https://app.example/cb'], [name]: value });
      await tryOut('/reg', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    }
  }
  t.ok(asked > 1000, `${asked} requests`);
  t.same(bad, []);
});

t.test('bodies of the wrong kind, size or encoding get 4xx with JSON, and nothing is stored', async (t) => {
  const world = await startLoopAuth(t);
  const form = 'application/x-www-form-urlencoded';
  const bodies: ReadonlyArray<readonly [string, string, string | Uint8Array<ArrayBuffer>]> = [
    ['not JSON', 'application/json', '{"redirect_uris":'],
    ['a JSON array', 'application/json', '[]'],
    ['a JSON string', 'application/json', '"x"'],
    ['JSON null', 'application/json', 'null'],
    ['an unknown charset', 'application/json; charset=martian', '{}'],
    ['deeply nested JSON', 'application/json', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['too much JSON', 'application/json', JSON.stringify({ client_name: 'x'.repeat(70_000) })],
    ['bytes that are no text', 'application/json', new Uint8Array([0xff, 0xfe, 0x00, 0x80])],
    ['a form for JSON', form, 'redirect_uris=x'],
    ['a multipart form', 'multipart/form-data; boundary=x', '--x--'],
    ['no type', '', '{}'],
    ['an empty body', 'application/json', ''],
  ];
  for (const path of ['/reg', '/token', '/token/introspection', '/token/revocation']) {
    for (const [what, type, body] of bodies) {
      const headers = { 'Content-Type': type, Accept: 'text/html' };
      const answer = await world.ask(path, { method: 'POST', headers, body });
      t.ok(answer.status >= 400 && answer.status < 500, `${path}, ${what}: ${answer.status}`);
      t.type(answer.body['error'], 'string', `${path}, ${what}: JSON`);
    }
  }
  const stored = await world.database.all({ sql: 'SELECT id FROM clients', slots: [] }, {});
  t.same(stored, []);
});

t.test('broken HTTP does not stop the service', async (t) => {
  const world = await startLoopAuth(t);
  const { port } = new URL(world.origin);
  const lines = [
    'GET /auth/%E0%A4%A HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'GET /interaction/%00%ff HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'GET //evil.example/auth HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'GET /.. HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type=x',
    'POST /interaction/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc',
    'GET /setup HTTP/1.1\r\nHost: localhost\r\nCookie: loop_session=\u00ff; loop_interaction=\r\n\r\n',
  ];
  for (const line of lines) {
    const status = await speak(Number(port), line);
    t.notMatch(status, / 5\d\d /, `${line.slice(0, 40)}: ${status}`);
  }
  t.equal((await world.ask('/jwks')).status, 200);
});

/** The status line, or nothing where the connection was closed without one. */
function speak(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(text, 'latin1'));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
      socket.destroy();
    });
    socket.on('error', () => resolve(answer.split('\r\n')[0] ?? ''));
    socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''));
  });
}

t.test('an answer posted by a form is one that a browser runs under its policy', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  await authorizeInBrowser(world.authorization(app).url, ann, { browser });
  const { url } = world.authorization(app, { response_mode: 'form_post', prompt: 'none' });
  const page = await browser.visit(url);
  t.match(page.text, 'name="iss"');
  t.match(page.text, /value="(consent|interaction)_required"/);
  const policy = page.headers.get('Content-Security-Policy') ?? '';
  const script = /<script>([^<]*)<\/script>/.exec(page.text)?.[1] ?? '';
  t.match(
    policy,
    `script-src ${scriptHash} ${passkeyScriptHash} 'sha256-${hash('sha256', script, 'base64')}'`,
  );
  t.notMatch(policy, /form-action/);
});
