// Registration as real clients send it, and what is refused (RFC 7591).
import t from 'tap';
import { redirectHost } from '../../../auth/clients/metadata.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';
import { readRegistrations } from '../../support/recorded-clients.ts';
import { deviceGrant } from '../../support/terminal.ts';

t.test('every real client can register as it does, and gets refresh tokens', async (t) => {
  const world = await startLoopAuth(t);
  for (const [name, metadata] of readRegistrations()) {
    const { status, body } = await world.tryRegister(metadata);
    t.equal(status, 201, name);
    const asked = metadata['grant_types'] as string[] | undefined;
    const granted = [
      'authorization_code',
      'refresh_token',
      ...(asked?.includes(deviceGrant) ? [deviceGrant] : []),
    ];
    t.same(body['grant_types'], granted, `${name}: grant types`);
    t.same(body['response_types'], ['code']);
    t.same(body['redirect_uris'], metadata['redirect_uris'], `${name}: its addresses, byte for byte`);
    t.notOk('scope' in body, `${name}: no scope, which would be an allow-list`);
    t.notOk('registration_access_token' in body);
  }
});

t.test('an app that names no way to prove itself gets a secret, which works', async (t) => {
  const world = await startLoopAuth(t);
  const { body } = await world.tryRegister({ redirect_uris: ['http://127.0.0.1:40404/callback'] });
  t.equal(body['token_endpoint_auth_method'], 'client_secret_basic');
  const app = { clientId: String(body['client_id']), clientSecret: String(body['client_secret']) };
  const { tokens } = await world.connect({ app });
  t.ok(await world.isActive(tokens.access_token));
  const wrong = await world.refresh({ ...app, clientSecret: 'guess' }, tokens.refresh_token);
  t.equal(wrong.status, 401);
  t.equal(wrong.body['error'], 'invalid_client');
});

t.test('a registered app that lists loopback addresses may use any port', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register(new Map(readRegistrations()).get('vscode'));
  const allowed = world.authorization(app, { redirect_uri: 'http://127.0.0.1:51234/' });
  t.equal((await new Browser().visit(allowed.url)).status, 200);
  for (const redirect of [
    'http://127.0.0.1:51234/other',
    'http://localhost:33418/',
    'https://vscode.dev:8443/redirect',
    'https://vscode.dev/redirect/../evil',
    'https://vscode.dev/redirect?x=y',
    'https://vscode.dev@evil.example/redirect',
    'http://127.0.0.1.evil.example/',
  ]) {
    const { status, headers } = await world.ask(
      `/auth${world.authorization(app, { redirect_uri: redirect }).url.search}`,
    );
    t.equal(status, 400, redirect);
    t.equal(headers.get('Location'), null, 'and nobody is sent there');
  }
});

t.test('a terminal registers without an address to return to, with or beside the other way', async (t) => {
  const world = await startLoopAuth(t);
  const terminal = { client_name: 'A terminal', token_endpoint_auth_method: 'none' };
  for (const more of [
    { grant_types: [deviceGrant] },
    { grant_types: [deviceGrant, 'refresh_token'], response_types: [], redirect_uris: [] },
    { grant_types: [deviceGrant, 'something else'], response_types: ['none'] },
  ]) {
    const { status, body } = await world.tryRegister({ ...terminal, ...more });
    t.equal(status, 201);
    t.same(body['grant_types'], [deviceGrant, 'refresh_token']);
    t.same([body['response_types'], body['redirect_uris']], [[], []]);
  }
  const both = { grant_types: ['authorization_code', deviceGrant], redirect_uris: ['http://127.0.0.1/'] };
  const { body } = await world.tryRegister({ ...terminal, ...both });
  t.same(body['grant_types'], ['authorization_code', 'refresh_token', deviceGrant]);
  t.same(body['response_types'], ['code']);
  const without = await world.tryRegister({ ...terminal, grant_types: ['authorization_code', deviceGrant] });
  t.match(without, { status: 400, body: { error_description: /redirect_uris/ } });
});

t.test('metadata that would harm is refused by field, and nothing is stored', async (t) => {
  const world = await startLoopAuth(t);
  const uris: ReadonlyArray<readonly [string, unknown]> = [
    ['none', undefined],
    ['an empty list', []],
    ['a string', 'https://app.example/cb'],
    ['an object', { 0: 'https://app.example/cb' }],
    ['a number in the list', [7]],
    ['null in the list', [null]],
    ['a relative one', ['/callback']],
    ['javascript:', ['javascript:alert(1)']],
    ['JavaScript: in capitals with a tab', ['java\tscript:alert(1)']],
    ['data:', ['data:text/html,<script>alert(1)</script>']],
    ['vbscript:', ['vbscript:x']],
    ['file:', ['file:///etc/passwd']],
    ['blob:', ['blob:https://app.example/x']],
    ['plain http to the world', ['http://app.example/cb']],
    ['plain http to a name that looks like loopback', ['http://localhost.evil.example/cb']],
    ['a fragment', ['https://app.example/cb#x']],
    ['one bad among good', ['https://app.example/cb', 'http://evil.example/']],
    ['21 of them', Array.from({ length: 21 }, (_, n) => `https://app.example/${n}`)],
    ['a very long one', [`https://app.example/${'x'.repeat(2048)}`]],
  ];
  for (const [what, redirectUris] of uris) {
    const { status, body } = await world.tryRegister({ redirect_uris: redirectUris });
    t.equal(status, 400, what);
    t.match(body['error'], /^invalid_(redirect_uri|client_metadata)$/, what);
    t.match(body['error_description'], 'redirect_uris', `${what}: names the field`);
  }
  t.equal(await clientCount(world), 0);
});

t.test('other metadata that cannot be kept is refused by field, and nothing is stored', async (t) => {
  const world = await startLoopAuth(t);
  for (const [field, value] of [
    ['token_endpoint_auth_method', 'client_secret_jwt'],
    ['token_endpoint_auth_method', 'tls_client_auth'],
    ['token_endpoint_auth_method', 7],
    ['jwks_uri', 'not a URL'],
    ['jwks', { keys: 'none' }],
    ['subject_type', 'pairwise'],
    ['id_token_signed_response_alg', 'none'],
    ['id_token_signed_response_alg', 'HS256'],
    ['default_max_age', -1],
    ['grant_types', 'authorization_code'],
    ['response_types', {}],
  ] as const) {
    const { status, body } = await world.tryRegister({
      redirect_uris: ['https://a.example/'],
      [field]: value,
    });
    t.equal(status, 400, `${field}: ${JSON.stringify(value)}`);
    t.match(body['error_description'], field, 'names the field');
  }
  t.equal(await clientCount(world), 0);
});

t.test('an app can choose neither its id nor its secret', async (t) => {
  const world = await startLoopAuth(t);
  const { status, body } = await world.tryRegister({
    redirect_uris: ['https://app.example/cb'],
    client_id: 'loop-api',
    client_secret: 'known',
    client_secret_expires_at: 1,
    client_id_issued_at: 1,
  });
  t.equal(status, 201);
  t.not(body['client_id'], 'loop-api');
  t.not(body['client_secret'], 'known');
  t.equal(body['client_secret_expires_at'], 0);
  const { status: read } = await world.ask(`/reg/${body['client_id']}`);
  t.ok(read >= 400 && read < 500, 'and nobody can read a registration');
});

async function clientCount(world: LoopAuth): Promise<number> {
  return (await world.database.all({ sql: 'SELECT id FROM clients', slots: [] }, {})).length;
}

t.test('a list says of each address its host, or that an app takes it', (t) => {
  t.equal(redirectHost('https://app.example/cb'), 'app.example');
  t.equal(redirectHost('http://127.0.0.1:8787/cb'), '127.0.0.1:8787');
  t.equal(redirectHost('cursor://anysphere.cursor-mcp/oauth/callback'), 'an app that opens cursor: links');
  t.end();
});
