// What apps can do with the provider: proof keys, codes, refresh tokens, introspection, revocation.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { hashOpaque } from '../../adapters/database/hash.ts';
import { createGuardedFetch } from '../../auth/clients/hosts/guarded-fetch.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { startClientHosts } from '../support/client-hosts.ts';
import { shiftClock } from '../support/clock.ts';
import { type App, ann, basic, redirectUri, resource, startLoopAuth } from '../support/loop-auth.ts';
import { createPkce } from '../support/oauth.ts';
import { createSigner } from '../support/recorded-clients.ts';

t.test('every app needs a proof key, and only S256 will do', async (t) => {
  const world = await startLoopAuth(t);
  const apps: ReadonlyArray<readonly [string, App]> = [
    ['a public app', await world.seed({ redirectUris: [redirectUri], authMethod: 'none' })],
    ['a confidential app', await world.seed({ redirectUris: [redirectUri] })],
  ];
  const stranger = await world.register();
  for (const [name, app] of apps) {
    for (const [what, parameters] of [
      ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }],
      ['a method without a challenge', { code_challenge: undefined }],
      ['plain', { code_challenge_method: 'plain' }],
      ['no method, which means plain', { code_challenge_method: undefined }],
      ['an unknown method', { code_challenge_method: 'S512' }],
      ['a challenge that is too short', { code_challenge: 'short' }],
    ] as const) {
      const { url, state } = world.authorization(app, parameters);
      const answer = await new Browser().visit(url, redirectUri);
      t.equal(answer.url.searchParams.get('error'), 'invalid_request', `${name}, ${what}`);
      t.equal(answer.url.searchParams.get('state'), state, 'with its state');
      t.equal(answer.url.searchParams.get('iss'), world.issuer, 'and the issuer (RFC 9207)');
      const page = await new Browser().visit(world.authorization(stranger, parameters).url);
      t.equal(page.status, 400, `an app that registered itself, ${what}`);
    }
  }
});

t.test('a code is good for its own app, address and verifier only', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register({ redirect_uris: [redirectUri, 'http://127.0.0.1:40404/other'] });
  const other = await world.register();
  const browser = new Browser();
  const attempt = world.authorization(app);
  const code = await world.code(attempt, browser);
  const wrong: ReadonlyArray<readonly [string, Promise<{ status: number; body: Record<string, unknown> }>]> =
    [
      ['another app', world.exchange(other, code, attempt)],
      ['a wrong verifier', world.exchange(app, code, attempt, { code_verifier: createPkce().verifier })],
      ['no verifier', world.exchange(app, code, attempt, { code_verifier: undefined })],
      [
        'another address',
        world.exchange(app, code, attempt, { redirect_uri: 'http://127.0.0.1:40404/other' }),
      ],
      ['no address', world.exchange(app, code, attempt, { redirect_uri: undefined })],
    ];
  for (const [what, answer] of wrong) {
    const { status, body } = await answer;
    t.equal(status, 400, what);
    t.match(body['error'], /^invalid_(grant|request)$/, what);
  }
  t.equal((await world.exchange(app, code, attempt)).status, 200, 'nobody else could burn it');
});

t.test('a code that its own client redeems twice in a row is refused, and nothing ends', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t);
  const app = await world.register();
  const attempt = world.authorization(app);
  const code = await world.code(attempt);
  const { body: tokens } = await world.exchange(app, code, attempt);
  for (const seconds of [0, 10, 18]) {
    clock.advance(seconds);
    const again = await world.exchange(app, code, attempt);
    t.equal(again.status, 400, `after ${seconds} more seconds`);
    t.equal(again.body['error'], 'invalid_grant');
  }
  t.ok(await world.isActive(tokens['access_token']));
  t.equal((await world.refresh(app, tokens['refresh_token'])).status, 200);
});

t.test('a code that is redeemed again later ends what the first time gave', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t);
  const app = await world.register();
  const attempt = world.authorization(app);
  const code = await world.code(attempt);
  const { body: tokens } = await world.exchange(app, code, attempt);
  await world.exchange(app, code, attempt);
  t.ok(await world.isActive(tokens['access_token']));
  clock.advance(30);
  const again = await world.exchange(app, code, attempt);
  t.equal(again.status, 400);
  t.equal(again.body['error'], 'invalid_grant');
  t.notOk(await world.isActive(tokens['access_token']), 'its access token is dead (RFC 6749 section 4.1.2)');
  t.equal((await world.refresh(app, tokens['refresh_token'])).body['error'], 'invalid_grant');
});

t.test('a used code in wrong hands is refused, and can’t be used to end the connection', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t);
  const app = await world.register({ redirect_uris: [redirectUri, 'http://127.0.0.1:40404/other'] });
  const other = await world.register();
  const attempt = world.authorization(app);
  const code = await world.code(attempt);
  const { body: tokens } = await world.exchange(app, code, attempt);
  for (const seconds of [0, 31]) {
    clock.advance(seconds);
    for (const [what, answer] of [
      ['another app', await world.exchange(other, code, attempt)],
      [
        'a wrong verifier',
        await world.exchange(app, code, attempt, { code_verifier: createPkce().verifier }),
      ],
      ['no verifier', await world.exchange(app, code, attempt, { code_verifier: undefined })],
      [
        'another address',
        await world.exchange(app, code, attempt, { redirect_uri: 'http://127.0.0.1:40404/other' }),
      ],
    ] as const) {
      t.equal(answer.status, 400, what);
      t.match(answer.body['error'], /^invalid_(grant|request)$/, what);
    }
  }
  t.ok(await world.isActive(tokens['access_token']));
  t.equal((await world.refresh(app, tokens['refresh_token'])).status, 200);
});

t.test('a code lives 60 seconds', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  for (const [seconds, status] of [
    [58, 200],
    [60, 400],
  ] as const) {
    const attempt = world.authorization(app);
    const code = await world.code(attempt, browser);
    clock.advance(seconds);
    t.equal((await world.exchange(app, code, attempt)).status, status, `${seconds} s`);
  }
});

t.test('of many exchanges of one code at the same moment at most one succeeds', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const attempt = world.authorization(app);
  const code = await world.code(attempt);
  const answers = await Promise.all(Array.from({ length: 8 }, () => world.exchange(app, code, attempt)));
  t.equal(answers.filter(({ status }) => status === 200).length, 1);
  for (const { status, body } of answers.filter((one) => one.status !== 200)) {
    t.equal(status, 400);
    t.equal(body['error'], 'invalid_grant');
  }
  const tokens = answers.find(({ status }) => status === 200)?.body ?? {};
  t.ok(await world.isActive(tokens['access_token']), 'and what it gave lives on');
  t.equal((await world.refresh(app, tokens['refresh_token'])).status, 200);
});

t.test('a grant belongs to one authorization: a replay in one leaves the other alone', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  const first = world.authorization(app);
  const code = await world.code(first, browser);
  const { body: stolen } = await world.exchange(app, code, first);
  const { tokens: safe } = await world.connect({ app, browser });
  clock.advance(30);
  await world.exchange(app, code, first);
  t.notOk(await world.isActive(stolen['access_token']));
  t.ok(await world.isActive(safe.access_token), 'the other authorization goes on');
  t.equal((await world.refresh(app, safe.refresh_token)).status, 200);
});

t.test('every authorization answer names the issuer, also a refusal', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const allowed = world.authorization(app);
  const success = await authorizeInBrowser(allowed.url, ann);
  t.equal(success.searchParams.get('iss'), world.issuer);
  t.equal(success.searchParams.get('state'), allowed.state);
  const { url, state } = world.authorization(app, { resource: 'https://elsewhere.example/mcp' });
  const refused = await authorizeInBrowser(url, ann);
  t.equal(refused.searchParams.get('error'), 'invalid_target');
  t.equal(refused.searchParams.get('iss'), world.issuer);
  t.equal(refused.searchParams.get('state'), state);
});

t.test(
  'refresh tokens are issued without offline_access, rotate, and the successor is the derived one',
  async (t) => {
    const world = await startLoopAuth(t);
    const { app, tokens } = await world.connect();
    const { status, body } = await world.refresh(app, tokens.refresh_token);
    t.equal(status, 200);
    t.not(body['refresh_token'], tokens.refresh_token);
    const again = await world.refresh(app, tokens.refresh_token);
    t.equal(again.body['refresh_token'], body['refresh_token'], 'the library still asks generateTokenId');
    t.ok(await world.isActive(body['access_token']));
  },
);

t.test('a refresh token is good for its own app only', async (t) => {
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect();
  const other = await world.register();
  const stolen = await world.refresh(other, tokens.refresh_token);
  t.equal(stolen.status, 400);
  t.equal(stolen.body['error'], 'invalid_grant');
  t.equal((await world.refresh(app, tokens.refresh_token)).status, 200, 'and nobody else can burn it');
});

t.test('a refresh may ask for less, never for more', async (t) => {
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect();
  const more = await world.refresh(app, tokens.refresh_token, { scope: 'vault.read vault.write' });
  t.equal(more.status, 400);
  t.equal(more.body['error'], 'invalid_scope');
  t.equal((await world.refresh(app, tokens.refresh_token)).body['scope'], 'vault.read', 'not burnt by it');
});

t.test(
  'only the resource server learns whether a token is good, and only of its own access tokens',
  async (t) => {
    const world = await startLoopAuth(t);
    const confidential = await world.register({ token_endpoint_auth_method: 'client_secret_basic' });
    const secret = confidential.clientSecret ?? '';
    const { app, tokens } = await world.connect({ parameters: { scope: 'openid vault.read' } });
    const { status, body } = await world.introspect(tokens.access_token);
    t.equal(status, 200);
    t.match(body, {
      active: true,
      aud: resource,
      client_id: app.clientId,
      iss: world.issuer,
      scope: /vault\.read/,
      token_type: 'Bearer',
      exp: Number,
      sub: String,
    });
    t.equal((await world.introspect(tokens.refresh_token)).text, '{"active":false}', 'a refresh token');
    t.equal((await world.introspect('unknown')).text, '{"active":false}', 'an unknown token');
    const idToken = (tokens as unknown as { id_token: string }).id_token;
    t.equal((await world.introspect(idToken)).text, '{"active":false}', 'an ID token');
    const byOther = await world.introspect(tokens.access_token, basic(confidential.clientId, secret));
    t.equal(byOther.text, '{"active":false}', 'asked by another app');
    const byItself = await world.post('/token/introspection', {
      token: tokens.access_token,
      client_id: app.clientId,
    });
    t.equal(byItself.text, '{"active":false}', 'asked by the public app that holds it');
    for (const [what, credentials] of [
      ['a wrong secret', basic('loop-api', 'a wrong secret')],
      [
        'the stored hash as a secret',
        basic('loop-api', `sha256:${hashOpaque('the secret of loop-api, 32 signs')}`),
      ],
      ['an unknown client', basic('nobody', 'x')],
    ] as const) {
      const refused = await world.introspect(tokens.access_token, credentials);
      t.equal(refused.status, 401, what);
      t.equal(refused.body['error'], 'invalid_client', what);
    }
    const nobody = await world.post('/token/introspection', { token: tokens.access_token });
    t.equal(nobody.status, 401, 'without a credential');
    t.notOk('active' in nobody.body);
  },
);

t.test(
  'introspection answers inactive, never 5xx, when the app or the account behind a token is gone',
  async (t) => {
    const world = await startLoopAuth(t);
    const { app, tokens } = await world.connect();
    const remove = (sql: string, id: string): Promise<number> =>
      world.database.commit([{ statement: { sql, slots: [id] }, values: {} }]);
    await remove('UPDATE accounts SET disabled_at = 1 WHERE username = ?', ann.username);
    t.equal((await world.introspect(tokens.access_token)).text, '{"active":false}', 'a disabled account');
    t.equal((await world.refresh(app, tokens.refresh_token)).body['error'], 'invalid_grant');
    await remove('UPDATE accounts SET disabled_at = NULL WHERE username = ?', ann.username);
    t.ok(await world.isActive(tokens.access_token));
    t.equal((await world.refresh(app, tokens.refresh_token)).status, 200, 'nothing was burnt meanwhile');
    await remove('DELETE FROM clients WHERE id = ?', app.clientId);
    const answer = await world.introspect(tokens.access_token);
    t.equal(answer.status, 200, 'a client row that went without its tokens');
    t.equal(answer.text, '{"active":false}');
    t.equal((await world.refresh(app, tokens.refresh_token)).body['error'], 'invalid_client');
  },
);

t.test('a token for another resource is inactive', async (t) => {
  const world = await startLoopAuth(t);
  const { tokens } = await world.connect();
  // The same database, after the resource got another address.
  const settings = { API_RESOURCE: 'https://elsewhere.example/mcp' };
  const { databasePath } = world;
  const moved = await startLoopAuth(t, { databasePath, settings, withoutAccount: true });
  t.ok(await world.isActive(tokens.access_token));
  t.equal((await moved.introspect(tokens.access_token)).text, '{"active":false}');
});

t.test('only its own app can revoke a token, and afterwards it is dead', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const { app, tokens } = await world.connect({ browser });
  const { tokens: second } = await world.connect({ app, browser });
  const other = await world.register();
  const confidential = await world.register({ token_endpoint_auth_method: 'client_secret_post' });
  for (const stranger of [other, confidential]) {
    t.equal((await world.revoke(stranger, tokens.access_token)).status, 200, 'a stranger learns nothing');
    await world.revoke(stranger, tokens.refresh_token);
  }
  t.ok(await world.isActive(tokens.access_token), 'and changes nothing');
  const done = await world.revoke(app, tokens.refresh_token);
  t.equal(done.status, 200);
  t.notOk(await world.isActive(tokens.access_token));
  t.equal((await world.refresh(app, tokens.refresh_token)).body['error'], 'invalid_grant');
  t.ok(await world.isActive(second.access_token), 'the other connection of the same app goes on');
  await world.revoke(app, second.access_token);
  t.notOk(await world.isActive(second.access_token));
  t.equal((await world.revoke(app, 'unknown')).status, 200);
});

t.test('an app can not make the server ask addresses of its own network', async (t) => {
  const world = await startLoopAuth(t, { fetchJson: createGuardedFetch() });
  let asked = 0;
  const inside = createServer(() => {
    asked += 1;
  }).listen(0, '127.0.0.1');
  t.teardown(() => inside.close());
  inside.on('connection', (socket) => {
    asked += 1;
    socket.destroy();
  });
  await once(inside, 'listening');
  const { port } = inside.address() as AddressInfo;
  const signing = {
    redirect_uris: ['https://app.example/cb'],
    token_endpoint_auth_method: 'private_key_jwt',
  };
  const plain = await world.tryRegister({ ...signing, jwks_uri: `http://127.0.0.1:${port}/jwks` });
  t.equal(plain.status, 400);
  t.match(plain.body['error_description'], 'jwks_uri');
  const signer = await createSigner('x');
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
    const app = await world.register({ ...signing, jwks_uri: `https://${host}:${port}/jwks` });
    const answer = await world.token(app, {
      ...(await signer.proofFor(app.clientId, world.issuer)),
      grant_type: 'refresh_token',
      refresh_token: 'x',
    });
    t.equal(answer.status, 503, host);
    const id = `https://${host}:${port}/client.json`;
    const { status } = await world.ask(`/auth${world.authorization({ clientId: id }).url.search}`);
    t.equal(status, host === 'localhost' ? 503 : 400, id);
  }
  await world.tryRegister({
    redirect_uris: ['https://app.example/cb'],
    sector_identifier_uri: `https://127.0.0.1:${port}/sector`,
  });
  t.equal(asked, 0);
});

t.test('a secret in HTTP Basic may be form-encoded or not', async (t) => {
  for (const secret of ['a+b 100% of %41:c/d=&', 'a+b%41%2b:c/d=&/twenty']) {
    const world = await startLoopAuth(t, { settings: { API_CLIENT_SECRET: secret } });
    const { tokens } = await world.connect();
    const raw = (text: string): string => `Basic ${Buffer.from(`loop-api:${text}`).toString('base64')}`;
    for (const [what, credentials] of [
      ['form-encoded', basic('loop-api', secret)],
      ['percent-encoded', raw(encodeURIComponent(secret))],
      ['as it is', raw(secret)],
    ] as const) {
      t.equal((await world.introspect(tokens.access_token, credentials)).body['active'], true, what);
    }
    for (const wrong of [
      raw(secret.replace('+', ' ')),
      raw(`${secret}x`),
      raw('%'),
      raw(''),
      'Basic %%',
      'Basic',
    ]) {
      const { status } = await world.introspect(tokens.access_token, wrong);
      t.ok(status === 401 || status === 400, `${wrong}: ${status}`);
    }
  }
});

t.test('HTTP Basic with an empty secret is the id of an app that has none, and opens no other', async (t) => {
  const world = await startLoopAuth(t);
  const header = (id: string, secret = ''): Record<string, string> => ({
    Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  });
  const app = await world.register();
  const attempt = world.authorization(app);
  const code = await world.code(attempt);
  const exchanged = await world.post(
    '/token',
    { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: attempt.verifier },
    header(app.clientId),
  );
  t.equal(exchanged.status, 200, exchanged.text);
  for (const client_id of [undefined, app.clientId]) {
    const fields = {
      grant_type: 'refresh_token',
      refresh_token: String(exchanged.body['refresh_token']),
      client_id,
    };
    t.equal(
      (await world.post('/token', fields, header(app.clientId))).status,
      200,
      `client_id: ${client_id}`,
    );
  }
  const token = { token: String(exchanged.body['access_token']) };
  const others = [
    await world.register({ token_endpoint_auth_method: 'client_secret_basic' }),
    await world.seed(),
  ];
  for (const { clientId } of others) {
    const fields = { grant_type: 'refresh_token', refresh_token: 'x' };
    t.match(await world.post('/token', fields, header(clientId)), {
      status: 401,
      body: { error: 'invalid_client' },
    });
    t.equal((await world.post('/token/revocation', token, header(clientId))).status, 401);
  }
  t.equal((await world.post('/token/introspection', token, header('loop-api'))).status, 401);
  t.match(
    await world.post(
      '/token',
      { grant_type: 'refresh_token', refresh_token: 'x' },
      header(app.clientId, 'x'),
    ),
    {
      status: 401,
      body: { error: 'invalid_client' },
    },
    'a secret that is not empty',
  );
  t.equal(
    (await world.post('/token', { grant_type: 'refresh_token', refresh_token: 'x' }, header(''))).status,
    400,
  );
  t.equal((await world.post('/token/revocation', token, header(app.clientId))).status, 200);
  t.notOk(await world.isActive(token.token));
});

t.test('the id may be the address of a document, encoded or as it is', async (t) => {
  const hosts = await startClientHosts(t);
  const world = await startLoopAuth(t, { fetchJson: hosts.fetchJson });
  const clientId = 'https://client.example:8443/client.json';
  hosts.serve(clientId, { client_id: clientId, client_name: 'C', redirect_uris: [redirectUri] });
  const { tokens } = await world.connect({ app: { clientId } });
  let refreshToken: unknown = tokens.refresh_token;
  for (const id of [clientId, encodeURIComponent(clientId)]) {
    const headers = { Authorization: `Basic ${Buffer.from(`${id}:`).toString('base64')}` };
    const fields = { grant_type: 'refresh_token', refresh_token: String(refreshToken) };
    const { status, body, text } = await world.post('/token', fields, headers);
    t.equal(status, 200, `${id}: ${text}`);
    refreshToken = body['refresh_token'];
  }
  for (const id of ['https://client.example:8443/client.json', 'https://other.example/x', 'https://']) {
    const headers = { Authorization: `Basic ${Buffer.from(`${id}:a secret`).toString('base64')}` };
    const { status } = await world.post(
      '/token',
      { grant_type: 'refresh_token', refresh_token: 'x' },
      headers,
    );
    t.equal(status, 401, `${id}, with a secret`);
  }
});

t.test('a nonce without an ID token is no reason to refuse', async (t) => {
  const world = await startLoopAuth(t);
  const { tokens } = await world.connect({ parameters: { nonce: 'n' } });
  t.notOk('id_token' in tokens);
});

t.test('an ID token answers the very request that asked for it', async (t) => {
  const world = await startLoopAuth(t);
  const nonce = randomBytes(4).toString('hex');
  const { tokens } = await world.connect({ parameters: { scope: 'openid vault.read', nonce } });
  const idToken = (tokens as unknown as { id_token: string }).id_token;
  const claims = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as object;
  t.match(claims, { iss: world.issuer, nonce, sub: String }, 'the ID token answers this very request');
});
