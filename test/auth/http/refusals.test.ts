// What is refused before anything reads it: forms of other sites, names that are not ours, encoded bodies.
import { request } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';

t.test('our own form may come with or without the headers that browsers add', async (t) => {
  const world = await startLoopAuth(t);
  const { origin } = new URL(world.issuer);
  for (const headers of [
    {},
    { Origin: origin },
    { Origin: origin, 'Sec-Fetch-Site': 'same-origin' },
    { 'Sec-Fetch-Site': 'none' },
  ] as readonly Record<string, string>[]) {
    const { status, text } = await world.post('/interaction/x', { decision: 'allow' }, headers);
    t.equal(status, 400, JSON.stringify(headers));
    t.match(text, 'sign-in is over', 'it got as far as the interaction');
  }
  t.equal((await world.post('/interaction/x', {}, { Origin: `${origin}.evil.example` })).status, 403);
});

t.test('each header that names where a form comes from is compared, whatever the other says', async (t) => {
  const world = await startLoopAuth(t);
  const { origin } = new URL(world.issuer);
  for (const headers of [
    { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
    { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'none' },
    { Origin: 'null', 'Sec-Fetch-Site': 'same-origin' },
    { Origin: origin, 'Sec-Fetch-Site': 'cross-site' },
    { Origin: origin, 'Sec-Fetch-Site': 'same-site' },
    { Origin: origin, 'Sec-Fetch-Site': 'something new' },
    { Origin: 'https://evil.example' },
  ] as readonly Record<string, string>[]) {
    for (const path of ['/interaction/x', '/account/sign-in', '/account', '/account/sign-out']) {
      const answer = await world.post(path, { username: 'ann', password: 'x' }, headers);
      t.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}`);
    }
  }
});

/** A raw request: fetch would not send a Host of ours. */
function askFor(
  world: LoopAuth,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<number> {
  const { hostname, port } = new URL(world.origin);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.once('error', reject).end();
  });
}

const pages = [
  '/account',
  '/auth?client_id=x',
  '/interaction/x',
  '/setup?token=x',
  '/session/end',
  '/nothing',
];
const forms = ['/reg', '/token', '/token/revocation', '/account/sign-in', '/interaction/x'];

t.test('an issuer on the machine itself answers under loopback names only', async (t) => {
  for (const AUTH_ISSUER of ['http://localhost:8083', 'http://127.0.0.1:8083/deep', 'http://[::1]:8083']) {
    const world = await startLoopAuth(t, { settings: { AUTH_ISSUER } });
    const below = new URL(AUTH_ISSUER).pathname.replace(/\/$/, '');
    for (const Host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '192.168.1.5:8083',
      'a@localhost',
    ]) {
      for (const path of pages) t.equal(await askFor(world, below + path, { Host }), 403, `${Host} ${path}`);
      for (const path of forms)
        t.equal(await askFor(world, below + path, { Host }, 'POST'), 403, `${Host} ${path}`);
    }
    const named = await askFor(world, `http://evil.example${below}/account`, { Host: 'localhost' });
    t.ok(named === 403 || named === 404, 'in the request target');
    for (const Host of [
      'localhost',
      'LOCALHOST:8083',
      'localhost.:8083',
      'loop.localhost',
      '127.0.0.1:9000',
      '127.1.2.3',
      '[::1]:8083',
    ])
      t.equal(await askFor(world, `${below}/account`, { Host }), 200, Host);
  }
});

t.test('loop-api reaches what it needs by any name that it knows, and so do health checks', async (t) => {
  const world = await startLoopAuth(t, { settings: { AUTH_ISSUER: 'http://localhost:8083/auth' } });
  const Host = 'loop-auth:8083';
  for (const path of [
    '/auth/.well-known/openid-configuration',
    '/auth/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/auth',
    '/auth/jwks',
    '/healthz',
    '/readyz',
  ])
    t.equal(await askFor(world, path, { Host }), 200, path);
  t.equal(await askFor(world, '/auth/token/introspection', { Host }, 'POST'), 401, 'asked for a credential');
  t.equal(await askFor(world, '/auth/account', { Host }), 403, 'people know no such name');
});

t.test('an issuer with a name of its own leaves the name to the proxy in front', async (t) => {
  const world = await startLoopAuth(t, { settings: { AUTH_ISSUER: 'https://auth.example' } });
  for (const Host of ['auth.example', '127.0.0.1:8083', 'loop-auth:8083'])
    t.equal(await askFor(world, '/account', { Host }), 200, Host);
});

const form = 'application/x-www-form-urlencoded';
const routes: ReadonlyArray<readonly [string, string, RegExp]> = [
  ...['/token', '/token/introspection', '/token/revocation'].map((path) => [path, form, /json/] as const),
  ['/reg', 'application/json', /json/],
  ...['/interaction/x', '/account/sign-in', '/account', '/account/sign-out'].map(
    (path) => [path, form, /html/] as const,
  ),
  ...['/setup?token=x', '/session/end/confirm', '/session/end', '/auth'].map(
    (path) => [path, form, /html/] as const,
  ),
];

t.test('an encoded body is 415 on every route, and no failure of ours', async (t) => {
  const world = await startLoopAuth(t);
  const text = 'username=ann&password=x&grant_type=refresh_token&refresh_token=x&client_id=x&token=x';
  const encoded: ReadonlyArray<readonly [string, Uint8Array<ArrayBuffer> | string]> = [
    ['gzip', new Uint8Array(gzipSync(text))],
    ['gzip', text],
    ['GZip', text],
    ['deflate', new Uint8Array(deflateSync(text))],
    ['deflate', text],
    ['br', new Uint8Array(brotliCompressSync(text))],
    ['zstd', text],
    ['gzip, gzip', text],
    ['identity, gzip', text],
    ['x', text],
    ['gzip', ''],
  ];
  for (const [path, type, kind] of routes) {
    for (const [encoding, body] of encoded) {
      const headers = { 'Content-Type': type, 'Content-Encoding': encoding };
      const answer = await world.ask(path, { method: 'POST', headers, body });
      t.equal(answer.status, 415, `${path} ${encoding}`);
      t.match(answer.headers.get('Content-Type'), kind, path);
      t.equal(answer.headers.get('Accept-Encoding'), 'identity');
    }
    const headers = { 'Content-Type': type, 'Content-Encoding': 'identity' };
    const { status } = await world.ask(path, { method: 'POST', headers, body: text });
    t.ok(status < 500 && status !== 415, `${path} identity: ${status}`);
  }
  t.same(
    world.lines
      .map((line) => JSON.parse(line) as { level: number; event?: string })
      .filter(({ level, event }) => level >= 40 && !/^sign_in\.failed$|\.refused$/.test(event ?? '')),
    [],
  );
});

t.test('a form that can not be read is the sender’s fault', async (t) => {
  const world = await startLoopAuth(t);
  for (const [path] of routes) {
    for (const [type, body] of [
      [`${form}; charset=martian`, 'a=b'],
      [`${form}; charset=utf-16`, 'a=b'],
      [form, '%'],
      [form, '%ff=%zz&&&=&a[b][c][d]=e&a[b]=f&__proto__[x]=y'],
      [form, `a=${'x'.repeat(70_000)}`],
      [form, Array.from({ length: 5000 }, (_, n) => `a${n}=1`).join('&')],
      ['', 'a=b'],
      ['no type at all', 'a=b'],
    ] as const) {
      const { status } = await world.ask(path, { method: 'POST', headers: { 'Content-Type': type }, body });
      t.ok(status < 500, `${path} ${type} ${body.slice(0, 10)}: ${status}`);
    }
  }
  t.same(
    world.lines.filter((line) => (JSON.parse(line) as { level: number }).level >= 50),
    [],
  );
});
