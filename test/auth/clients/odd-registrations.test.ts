// Odd registrations: each becomes a client that works, or is refused by the name of a field and what to do (RFC 7591 section 3.2.2).
import { exportJWK, generateKeyPair } from 'jose';
import t from 'tap';
import { Browser } from '../../../scripts/demo/browser.ts';
import { type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';
import { createSigner } from '../../support/recorded-clients.ts';

const callback = 'https://app.example/cb';
const loopback = 'http://127.0.0.1:40404/callback';

type Metadata = Record<string, unknown>;

/** Registered, and then a person lets it in: the code becomes tokens, and those new ones. */
async function works(world: LoopAuth, body: Metadata, browser: Browser): Promise<string> {
  const app = {
    clientId: String(body['client_id']),
    clientSecret: body['client_secret'] as string | undefined,
  };
  const [redirectUri = ''] = body['redirect_uris'] as string[];
  const attempt = world.authorization(app, { redirect_uri: redirectUri, scope: 'openid vault.read' });
  const code = await world.code(attempt, browser);
  const { status, body: tokens } = await world.exchange(app, code, attempt, { redirect_uri: redirectUri });
  if (status !== 200) return `the code: ${status}`;
  const refreshed = await world.refresh(app, tokens['refresh_token']);
  if (refreshed.status !== 200) return `the refresh: ${refreshed.status}`;
  return (await world.isActive(refreshed.body['access_token'])) ? 'works' : 'inactive';
}

const registered: ReadonlyArray<readonly [string, Metadata]> = [
  ['nothing but an address', {}],
  ['null everywhere', { client_name: null, scope: null, grant_types: null, contacts: null, jwks: null }],
  ['empty strings', { client_name: '', client_uri: '', token_endpoint_auth_method: '', software_id: '' }],
  ['empty lists', { grant_types: [], response_types: [], contacts: [] }],
  ['a scope of its own', { scope: 'mcp:tools admin' }],
  ['a scope that is no text', { scope: ['vault.read'] }],
  ['more grants than there are', { grant_types: ['authorization_code', 'client_credentials', 'implicit'] }],
  ['the refresh grant alone', { grant_types: ['refresh_token'] }],
  ['more response types', { response_types: ['code', 'token', 'code id_token'] }],
  [
    'odd members beside a code',
    { grant_types: ['authorization_code', 7, null], response_types: ['code', {}] },
  ],
  ['a wrong application type', { application_type: 'desktop' }],
  ['a number as a name', { client_name: 7 }],
  ['a name of 3,000 letters', { client_name: 'x'.repeat(3000) }],
  [
    'addresses that are none',
    { client_uri: 'https://', logo_uri: 'a', tos_uri: 'https:// x', policy_uri: 7 },
  ],
  ['a picture as data', { logo_uri: 'data:image/png;base64,AAAA' }],
  ['contacts that are no addresses', { contacts: ['me', 7] }],
  ['contacts that are no list', { contacts: 'me@example.org' }],
  ['an object as software', { software_id: { a: 1 }, software_version: 2 }],
  ['a very long software id', { software_id: 'x'.repeat(5000) }],
  ['a software statement', { software_statement: 'a.b.c' }],
  ['unknown fields', { resource: 'https://x.example/', mcp: { a: [1] }, 'client_name#ko': '이름' }],
  [
    'an id and a secret of its own',
    { client_id: 'mine', client_secret: 'mine', registration_access_token: 'x' },
  ],
  ['what operators may only', { may_omit_pkce: true, resource_server: 'http://localhost:8082/mcp' }],
  ['an address for afterwards', { post_logout_redirect_uris: ['https://evil.example/'] }],
  ['an odd address for afterwards', { post_logout_redirect_uris: 7 }],
  ['a sector', { sector_identifier_uri: 'https://x.example/' }],
  [
    'features that are off',
    { dpop_bound_access_tokens: true, backchannel_logout_uri: 'x', require_pushed_authorization_requests: 7 },
  ],
  ['a signing algorithm without a key', { token_endpoint_auth_signing_alg: 'ES256' }],
  ['the same address twice', { redirect_uris: [callback, callback] }],
  ['addresses of every kind', { redirect_uris: [loopback, callback, 'cursor://x/cb'] }],
  ['no secret', { token_endpoint_auth_method: 'none' }],
  ['a secret in the form', { token_endpoint_auth_method: 'client_secret_post' }],
  ['a prototype', JSON.parse('{"__proto__": {"may_omit_pkce": true}, "constructor": {}}') as Metadata],
];

t.test('odd registrations that can be made to fit become clients that work', async (t) => {
  const world = await startLoopAuth(t, { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } });
  const browser = new Browser();
  for (const [n, [what, metadata]] of registered.entries()) {
    const { status, text, body } = await register(world, n, metadata);
    t.equal(status, 201, `${what}: ${text.slice(0, 200)}`);
    t.same(body['grant_types'], ['authorization_code', 'refresh_token'], `${what}: says what it got`);
    t.same(body['response_types'], ['code'], what);
    for (const name of ['post_logout_redirect_uris', 'scope', 'may_omit_pkce', 'resource_server', 'contacts'])
      t.notOk((body[name] as unknown[] | undefined)?.length, `${what}: no ${name}`);
    t.equal(await works(world, body, browser), 'works', what);
  }
});

t.test(
  'a registration that could not work is refused by the name of a field, and nothing is stored',
  async (t) => {
    const world = await startLoopAuth(t, { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } });
    const { publicKey } = await createSigner('k');
    const privateKey = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
    const signs = { token_endpoint_auth_method: 'private_key_jwt' };
    const refused: ReadonlyArray<readonly [string, Metadata, string | RegExp]> = [
      ['no address at all', { redirect_uris: undefined }, 'redirect_uris'],
      [
        'no address, and no code either',
        { redirect_uris: undefined, grant_types: [], response_types: [] },
        'redirect_uris',
      ],
      [
        'a program without a person',
        { redirect_uris: undefined, grant_types: ['client_credentials'], response_types: [] },
        /^grant_types .*authorization_code/,
      ],
      ['the same with an address', { grant_types: ['client_credentials'] }, /^grant_types /],
      ['the implicit grant', { grant_types: ['implicit'], response_types: ['token'] }, /^grant_types /],
      ['grants that are none', { grant_types: [null, 7] }, /^grant_types /],
      ['a grant as text', { grant_types: 'authorization_code' }, /^grant_types must be an array/],
      ['grants as an object', { grant_types: { 0: 'authorization_code' } }, /^grant_types must be an array/],
      ['tokens from the browser', { response_types: ['token'] }, /^response_types .*code/],
      ['a response type as text', { response_types: 'code' }, /^response_types must be an array/],
      ['response types in lists', { response_types: [['code']] }, /^response_types /],
      ['a response mode that is none', { response_modes: ['carrier_pigeon'] }, 'response_modes'],
      ['no response mode', { response_modes: [] }, 'response_modes'],
      [
        'a way to prove itself that is none',
        { token_endpoint_auth_method: 'NONE' },
        'token_endpoint_auth_method',
      ],
      ['a certificate', { token_endpoint_auth_method: 'tls_client_auth' }, 'token_endpoint_auth_method'],
      ['a way that is no text', { token_endpoint_auth_method: ['none'] }, 'token_endpoint_auth_method'],
      ['an unsigned ID token', { id_token_signed_response_alg: 'none' }, 'id_token_signed_response_alg'],
      [
        'an ID token by the secret',
        { id_token_signed_response_alg: 'HS256' },
        'id_token_signed_response_alg',
      ],
      ['a pseudonym', { subject_type: 'pairwise' }, 'subject_type'],
      ['an age that is none', { default_max_age: 'a day' }, 'default_max_age'],
      ['a negative age', { default_max_age: -1 }, 'default_max_age'],
      ['classes that are not known', { default_acr_values: ['gold'] }, 'default_acr_values'],
      ['a maybe', { require_auth_time: 'yes' }, 'require_auth_time'],
      ['a start over plain http', { initiate_login_uri: 'http://app.example/' }, 'initiate_login_uri'],
      ['signing without a key', signs, 'jwks'],
      ['signing with no key in the set', { ...signs, jwks: { keys: [] } }, /^jwks /],
      ['a set as a list', { ...signs, jwks: [publicKey] }, /^jwks /],
      ['a set as text', { ...signs, jwks: JSON.stringify({ keys: [publicKey] }) }, /^jwks /],
      ['a key to encrypt with', { ...signs, jwks: { keys: [{ ...publicKey, use: 'enc' }] } }, /^jwks /],
      ['a private key', { ...signs, jwks: { keys: [privateKey] } }, /^jwks /],
      ['a shared key', { ...signs, jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }, /^jwks /],
      ['keys twice', { ...signs, jwks: { keys: [publicKey] }, jwks_uri: 'https://app.example/jwks' }, 'jwks'],
      ['keys over plain http', { ...signs, jwks_uri: 'http://app.example/jwks' }, /^jwks_uri /],
      [
        'an algorithm that is none',
        { ...signs, jwks: { keys: [publicKey] }, token_endpoint_auth_signing_alg: 'none' },
        'token_endpoint_auth_signing_alg',
      ],
      ['addresses as an object', { redirect_uris: { 0: callback } }, /^redirect_uris must be an array/],
      ['addresses in lists', { redirect_uris: [[callback]] }, /^redirect_uris /],
      ['no address in the list', { redirect_uris: [] }, 'redirect_uris'],
      ['an empty address', { redirect_uris: [''] }, /^redirect_uris /],
      [
        'a loopback address over https beside one over http',
        { redirect_uris: [loopback, 'https://localhost/cb'] },
        /^redirect_uris /,
      ],
    ];
    for (const [n, [what, metadata, field]] of refused.entries()) {
      const { status, body, text } = await register(world, n, metadata);
      t.equal(status, 400, `${what}: ${text.slice(0, 200)}`);
      t.match(body['error'], /^invalid_(client_metadata|redirect_uri)$/, what);
      t.match(body['error_description'], field, `${what}: names the field`);
    }
    t.same(await world.database.all({ sql: 'SELECT id FROM clients', slots: [] }, {}), []);
  },
);

t.test('exactly 20 addresses are taken', async (t) => {
  const world = await startLoopAuth(t);
  const addresses = (count: number): Metadata => ({
    redirect_uris: Array.from({ length: count }, (_, n) => `https://app.example/${n}`),
  });
  t.equal((await world.tryRegister(addresses(20))).status, 201);
  const { status, body } = await world.tryRegister(addresses(21));
  t.equal(status, 400);
  t.match(body['error_description'], 'redirect_uris must have at most 20 members');
});

t.test(
  'a registration can be neither read, changed nor deleted, and asking is no fault of ours',
  async (t) => {
    const world = await startLoopAuth(t);
    const { clientId } = await world.register();
    for (const method of ['GET', 'PUT', 'DELETE', 'POST', 'PATCH', 'HEAD']) {
      for (const headers of [
        {},
        { Authorization: 'Bearer x' },
        { Authorization: 'Basic eDp5' },
        { Accept: 'text/html' },
      ]) {
        const init = { method, headers: { ...headers } as Record<string, string> };
        for (const id of [clientId, 'unknown', 'a/b', '%00']) {
          const { status, headers: answered } = await world.ask(`/reg/${id}`, init);
          t.equal(status, 404, `${method} ${id} ${JSON.stringify(headers)}`);
          t.equal(answered.get('Retry-After'), null);
        }
      }
    }
    t.notMatch(world.lines.join('\n'), 'request failed');
  },
);

/** Each from a network of its own, so that the limits of registration don't answer. */
function register(world: LoopAuth, n: number, metadata: Metadata): ReturnType<LoopAuth['ask']> {
  return world.ask('/reg', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': `198.51.100.${n}` },
    body: JSON.stringify({ redirect_uris: [callback], ...metadata }),
  });
}
