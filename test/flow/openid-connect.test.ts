// What the OpenID Foundation's suite asks of a provider (Config, Basic and RP-Initiated Logout), module by module, as a relying party.
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import t, { type Test } from 'tap';
import { Browser, type Page } from '../../scripts/demo/browser.ts';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { shiftClock } from '../support/clock.ts';
import {
  type Answer,
  type App,
  ann,
  basic,
  type LoopAuth,
  startLoopAuth,
  webRedirectUri,
} from '../support/loop-auth.ts';

type Fields = Readonly<Record<string, string | undefined>>;

const goodbye = 'https://app.example/bye';
const withoutChallenge = { code_challenge: undefined, code_challenge_method: undefined, resource: undefined };

interface SignedIn {
  readonly tokens: Record<string, unknown>;
  readonly claims: JWTPayload;
  readonly idToken: string;
  readonly redeemAgain: () => Promise<Answer>;
}

/** A relying party as the suite is one: a web client with a secret, no proof key and no resource, one browser. */
class RelyingParty {
  readonly world: LoopAuth;
  readonly app: App;
  readonly browser = new Browser();

  constructor(world: LoopAuth, app: App) {
    this.world = world;
    this.app = app;
  }

  url(fields: Fields = {}): URL {
    const own = { redirect_uri: webRedirectUri, scope: 'openid', nonce: 'n-0S6', ...withoutChallenge };
    return this.world.authorization(this.app, { ...own, ...fields }).url;
  }

  /** Where the browser ends without anybody doing anything. */
  visit(fields: Fields = {}): Promise<Page> {
    return this.browser.visit(this.url(fields), webRedirectUri);
  }

  async signIn(t: Test, fields: Fields = {}): Promise<SignedIn> {
    return this.redeem(t, await authorizeInBrowser(this.url(fields), ann, { browser: this.browser }));
  }

  async redeem(t: Test, answer: URL): Promise<SignedIn> {
    const code = answer.searchParams.get('code');
    t.ok(code, answer.search);
    t.equal(answer.searchParams.get('iss'), this.world.issuer);
    const redeemAgain = (): Promise<Answer> =>
      this.token({ grant_type: 'authorization_code', code: code ?? '', redirect_uri: webRedirectUri });
    const { status, body } = await redeemAgain();
    t.equal(status, 200, JSON.stringify(body));
    t.match(body['token_type'], /^bearer$/i);
    const idToken = String(body['id_token']);
    return { tokens: body, claims: await this.verify(idToken), idToken, redeemAgain };
  }

  token(fields: Fields): Promise<Answer> {
    const { clientId, clientSecret = '' } = this.app;
    return this.world.post('/token', fields, { Authorization: basic(clientId, clientSecret) });
  }

  async verify(idToken: string): Promise<JWTPayload> {
    const keys = createLocalJWKSet(JSON.parse((await this.world.ask('/jwks')).text) as JSONWebKeySet);
    const expected = {
      issuer: this.world.issuer,
      audience: this.app.clientId,
      currentDate: new Date(Date.now()),
    };
    return (await jwtVerify(idToken, keys, expected)).payload;
  }

  async userinfo(token: unknown): Promise<Record<string, unknown>> {
    const { body } = await this.world.ask('/me', { headers: { Authorization: `Bearer ${token}` } });
    return body;
  }

  end(fields: Fields = {}): Promise<Page> {
    const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return this.browser.visit(`${this.world.issuer}/session/end?${new URLSearchParams(given)}`, goodbye);
  }
}

async function start(t: Test, wish: Parameters<LoopAuth['seed']>[0] = {}): Promise<RelyingParty> {
  const world = await startLoopAuth(t);
  return new RelyingParty(
    world,
    await world.seed({ withoutPkce: true, postLogoutRedirectUris: [goodbye], ...wish }),
  );
}

t.test('Config: the discovery document says what is so', async (t) => {
  const { world } = await start(t);
  const { body, headers } = await world.ask('/.well-known/openid-configuration');
  t.match(headers.get('Content-Type'), 'application/json');
  for (const name of [
    'authorization',
    'token',
    'userinfo',
    'end_session',
    'registration',
    'introspection',
    'revocation',
  ])
    t.match(body[`${name}_endpoint`], world.issuer, name);
  t.match(body, {
    issuer: world.issuer,
    jwks_uri: `${world.issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'ES256'],
    request_uri_parameter_supported: false,
    claims_parameter_supported: false,
  });
  for (const claim of ['sub', 'name', 'preferred_username'])
    t.ok((body['claims_supported'] as string[]).includes(claim), claim);
  for (const scope of ['email', 'address', 'phone'])
    t.notOk((body['scopes_supported'] as string[]).includes(scope), scope);
  const { keys } = JSON.parse((await world.ask('/jwks')).text) as JSONWebKeySet;
  t.same(
    keys.map(({ alg, use }) => `${alg} ${use}`),
    ['RS256 sig', 'ES256 sig'],
  );
  for (const { kid, d } of keys) {
    t.type(kid, 'string');
    t.equal(d, undefined);
  }
});

/** Requests that must end in an ID token and in userinfo about the same person. */
const plain: Readonly<Record<string, Fields>> = {
  server: {},
  'ensure-request-without-nonce-succeeds-for-code-flow': { nonce: undefined },
  'scope-profile': { scope: 'openid profile' },
  'scope-email, which is not offered and so ignored': { scope: 'openid email' },
  'scope-all': { scope: 'openid profile email address phone' },
  'display-page': { display: 'page' },
  'display-popup': { display: 'popup' },
  'display that is unknown': { display: 'hologram' },
  'ensure-request-with-unknown-parameter-succeeds': { extra: 'foobar' },
  'login-hint': { login_hint: 'buffy@example.org' },
  'ui-locales': { ui_locales: 'se' },
  'claims-locales': { claims_locales: 'se' },
  'ensure-request-with-acr-values-succeeds': { acr_values: '1 2' },
  'claims-essential': { claims: '{"userinfo":{"name":{"essential":true}}}' },
  'max-age-10000': { max_age: '10000' },
  'prompt-consent': { prompt: 'consent' },
};

t.test(
  'Basic: requests that differ in what may be left out or added all end in an ID token and userinfo',
  async (t) => {
    const party = await start(t);
    for (const [module, fields] of Object.entries(plain)) {
      const { claims, tokens } = await party.signIn(t, fields);
      t.equal(claims['nonce'], 'nonce' in fields ? undefined : 'n-0S6', module);
      const info = await party.userinfo(tokens['access_token']);
      t.equal(info['sub'], claims.sub, module);
      const isProfile = fields['scope']?.includes('profile') ?? false;
      t.equal(info['name'], isProfile ? ann.username : undefined, module);
      t.notOk('email' in info || 'email' in claims, module);
      t.same(String(tokens['scope']).split(' '), isProfile ? ['openid', 'profile'] : ['openid'], module);
    }
  },
);

t.test('Basic: userinfo by GET, by POST with a header, by POST with a body', async (t) => {
  const party = await start(t);
  const { tokens, claims } = await party.signIn(t, { scope: 'openid profile' });
  const authorization = { Authorization: `Bearer ${tokens['access_token']}` };
  for (const [module, answer] of [
    ['userinfo-get', await party.world.ask('/me', { headers: authorization })],
    ['userinfo-post-header', await party.world.ask('/me', { method: 'POST', headers: authorization })],
    ['userinfo-post-body', await party.world.post('/me', { access_token: String(tokens['access_token']) })],
  ] as const) {
    t.equal(answer.status, 200, module);
    t.same(answer.body, { sub: claims.sub, name: 'ann', preferred_username: 'ann' }, module);
  }
});

t.test('Basic: prompt', async (t) => {
  const clock = shiftClock(t);
  const party = await start(t);
  const asked = await party.visit({ prompt: 'none' });
  t.equal(asked.url.searchParams.get('error'), 'login_required', 'prompt-none-not-logged-in');
  const first = await party.signIn(t, { max_age: '100' });
  clock.advance(5);
  const page = await party.visit({ prompt: 'login' });
  t.match(page.text, 'name="password"', 'prompt-login: the person signs in again');
  const second = await party.signIn(t, { prompt: 'login', max_age: '100' });
  t.ok(Number(second.claims['auth_time']) >= Number(first.claims['auth_time']) + 5);
  clock.advance(5);
  const silent = await party.visit({ prompt: 'none', max_age: '100' });
  const third = await party.redeem(t, silent.url);
  t.equal(third.claims.sub, first.claims.sub, 'prompt-none-logged-in');
  t.equal(third.claims['auth_time'], second.claims['auth_time']);
  t.equal((await party.userinfo(third.tokens['access_token']))['sub'], first.claims.sub);
  t.match((await party.visit({ prompt: 'consent' })).text, 'name="decision"', 'prompt-consent asks');
  const both = await party.visit({ prompt: 'none login' });
  t.equal(both.url.searchParams.get('error'), 'invalid_request');
});

t.test('Basic: max_age', async (t) => {
  const clock = shiftClock(t);
  const party = await start(t);
  const first = await party.signIn(t, { max_age: '1' });
  clock.advance(2);
  t.match(
    (await party.visit({ max_age: '1' })).text,
    'name="password"',
    'max-age-1: the person signs in again',
  );
  const again = await party.signIn(t, { max_age: '1' });
  t.ok(Number(again.claims['auth_time']) > Number(first.claims['auth_time']));
  clock.advance(2);
  const page = await party.visit({ max_age: '10000' });
  t.notMatch(page.text, 'name="password"', 'max-age-10000: the same sign-in will do');
  const kept = await party.signIn(t, { max_age: '10000' });
  t.equal(kept.claims['auth_time'], again.claims['auth_time']);
  t.equal(kept.claims.sub, first.claims.sub);
});

t.test('Basic: id_token_hint', async (t) => {
  const party = await start(t);
  const { idToken, claims } = await party.signIn(t);
  const same = await party.redeem(t, (await party.visit({ prompt: 'none', id_token_hint: idToken })).url);
  t.equal(same.claims.sub, claims.sub);
  const { url } = await party.visit({ prompt: 'none', id_token_hint: `${idToken.slice(0, -4)}AAAA` });
  t.equal(url.searchParams.get('error'), 'invalid_request');
});

t.test('Basic: a code is good once (codereuse, codereuse-30seconds)', async (t) => {
  const clock = shiftClock(t);
  const party = await start(t);
  const { tokens, redeemAgain } = await party.signIn(t);
  t.match(await redeemAgain(), { status: 400, body: { error: 'invalid_grant' } }, 'at once');
  clock.advance(30);
  t.match(await redeemAgain(), { status: 400, body: { error: 'invalid_grant' } }, 'after 30 seconds');
  t.equal(
    (await party.userinfo(tokens['access_token']))['error'],
    'invalid_token',
    'and then its token is revoked',
  );
});

t.test('Basic: what the authorization endpoint refuses', async (t) => {
  const party = await start(t);
  const error = async (fields: Fields): Promise<string | null> => {
    const { url } = await party.visit(fields);
    return new URLSearchParams(url.search || url.hash.slice(1)).get('error');
  };
  t.equal(await error({ response_type: undefined }), 'invalid_request', 'response-type-missing');
  t.equal(
    await error({ request: 'eyJhbGciOiJub25lIn0.e30.' }),
    'request_not_supported',
    'unsigned-request-object',
  );
  t.equal(await error({ request_uri: 'https://app.example/r' }), 'request_uri_not_supported');
  t.equal(await error({ response_type: 'id_token token' }), 'unsupported_response_type');
  for (const [module, fields] of [
    ['ensure-registered-redirect-uri', { redirect_uri: 'https://app.example/other' }],
    [
      'ensure-request-object-with-redirect-uri',
      { request: 'eyJhbGciOiJub25lIn0.e30.', redirect_uri: 'https://evil.example/' },
    ],
    ['redirect-uri-query-added', { redirect_uri: `${webRedirectUri}?foo=bar` }],
  ] as const) {
    const page = await party.visit(fields);
    t.equal(page.status, 400, module);
    t.match(page.text, 'somewhere else', `${module}: a page, and nobody is sent anywhere`);
  }
});

t.test('Basic: ensure-post-request-succeeds', async (t) => {
  const party = await start(t);
  const { searchParams, origin } = party.url();
  const first = await party.browser.visit(`${origin}/auth`, webRedirectUri, {
    method: 'POST',
    body: searchParams,
  });
  const consent = await party.browser.submit(first, { ...ann }, webRedirectUri);
  const done = await party.browser.submit(consent, { decision: 'allow' }, webRedirectUri);
  await party.redeem(t, done.url);
});

t.test('Basic: server-client-secret-post, and a secret in the wrong place or wrong', async (t) => {
  const party = await start(t, { authMethod: 'client_secret_post' });
  const answer = await authorizeInBrowser(party.url(), ann, { browser: party.browser });
  const fields = {
    grant_type: 'authorization_code',
    code: answer.searchParams.get('code') ?? '',
    redirect_uri: webRedirectUri,
  };
  const wrong = await party.world.token({ ...party.app, clientSecret: 'guess' }, fields);
  t.match(wrong, { status: 401, body: { error: 'invalid_client' } });
  const { status, body } = await party.world.token(party.app, fields);
  t.equal(status, 200);
  t.equal(
    (await party.userinfo(body['access_token']))['sub'],
    (await party.verify(String(body['id_token']))).sub,
  );
});

t.test('Basic: refresh-token', async (t) => {
  const party = await start(t);
  const { tokens, claims } = await party.signIn(t, { scope: 'openid offline_access', prompt: 'consent' });
  const { status, body } = await party.token({
    grant_type: 'refresh_token',
    refresh_token: String(tokens['refresh_token']),
  });
  t.equal(status, 200);
  const renewed = await party.verify(String(body['id_token']));
  t.match(renewed, { iss: claims.iss, sub: claims.sub, aud: claims.aud, auth_time: claims['auth_time'] });
  t.equal((await party.userinfo(body['access_token']))['sub'], claims.sub);
  const other = new RelyingParty(party.world, await party.world.seed({ withoutPkce: true }));
  const stolen = await other.token({
    grant_type: 'refresh_token',
    refresh_token: String(body['refresh_token']),
  });
  t.match(stolen, { status: 400, body: { error: 'invalid_grant' } }, 'by another client');
});

t.test(
  'Basic: ensure-request-with-valid-pkce-succeeds, and a proof key that was sent is enforced',
  async (t) => {
    const party = await start(t);
    const attempt = party.world.authorization(party.app, {
      redirect_uri: webRedirectUri,
      scope: 'openid',
      resource: undefined,
    });
    const code = await party.world.code(attempt, party.browser);
    const fields = { grant_type: 'authorization_code', code, redirect_uri: webRedirectUri };
    t.match(await party.token(fields), { status: 400, body: { error: 'invalid_grant' } });
    t.equal((await party.token({ ...fields, code_verifier: attempt.verifier })).status, 200);
  },
);

const state = '~!*()\'"<>&=+%23 ü '.repeat(8);

t.test(
  'Logout: with a hint and a registered address the person goes there once they have said so',
  async (t) => {
    const party = await start(t);
    const { world } = party;
    t.equal(
      (await world.ask('/.well-known/openid-configuration')).body['end_session_endpoint'],
      `${world.issuer}/session/end`,
    );
    for (const [module, more] of [
      ['rp-initiated-logout', { state }],
      ['no-state', {}],
    ] as const) {
      const { idToken } = await party.signIn(t);
      const page = await party.end({ id_token_hint: idToken, post_logout_redirect_uri: goodbye, ...more });
      t.match(page.text, 'Sign out of loop?', module);
      const { url } = await party.browser.submit(page, { logout: 'yes' }, goodbye);
      t.equal(url.origin + url.pathname, goodbye, module);
      t.equal(url.searchParams.get('state'), 'state' in more ? state : null, module);
      t.equal(
        (await party.visit({ prompt: 'none' })).url.searchParams.get('error'),
        'login_required',
        `${module}: signed out`,
      );
    }
  },
);

t.test('Logout: a wrong address or hint sends nobody anywhere, and nobody is signed out', async (t) => {
  const party = await start(t);
  const { idToken } = await party.signIn(t);
  const stranger = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(party.world.issuer)
    .setAudience('nobody')
    .sign(new Uint8Array(32));
  for (const [module, fields, words] of [
    [
      'bad-post-logout-redirect-uri',
      { id_token_hint: idToken, post_logout_redirect_uri: 'https://app.example/foo' },
      'That did not work',
    ],
    [
      'query-added-to-post-logout-redirect-uri',
      { id_token_hint: idToken, post_logout_redirect_uri: `${goodbye}?foo=bar` },
      'That did not work',
    ],
    [
      'modified-id-token-hint',
      { id_token_hint: `${idToken.slice(0, -6)}AAAAAA`, post_logout_redirect_uri: goodbye },
      'That did not work',
    ],
    ['bad-id-token-hint', { id_token_hint: stranger, post_logout_redirect_uri: goodbye }, 'not known here'],
  ] as const) {
    const page = await party.end({ state: 's', ...fields });
    t.equal(page.status, 400, module);
    t.match(page.text, words, module);
    t.equal(page.headers.get('Location'), null, module);
    t.ok((await party.visit({ prompt: 'none' })).url.searchParams.get('code'), `${module}: still signed in`);
  }
});

t.test('Logout: without a hint or an address the person is asked, and stays here', async (t) => {
  const party = await start(t);
  for (const [module, fields] of [
    ['no-id-token-hint', { post_logout_redirect_uri: goodbye, state: 's' }],
    ['no-params', {}],
    ['no-post-logout-redirect-uri', { state: 's' }],
    ['only-state', { state: 's' }],
  ] as const) {
    const { idToken } = await party.signIn(t);
    const hint = module === 'no-post-logout-redirect-uri' ? { id_token_hint: idToken } : {};
    const page = await party.end({ ...fields, ...hint });
    t.match(page.text, 'Sign out of loop?', module);
    const done = await party.browser.submit(page, { logout: 'yes' }, goodbye);
    t.match(done.url.href, `${party.world.issuer}/session/end/success`, module);
    t.match(done.text, 'You are signed out', module);
  }
});
