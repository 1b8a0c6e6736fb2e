// Where clients differ and are let be: how they ask to stay connected, and what they see once they are forgotten.
import t from 'tap';
import { startLoopAuth } from '../support/loop-auth.ts';

t.test('offline_access is granted with prompt=consent and without, and is not needed', async (t) => {
  const world = await startLoopAuth(t);
  for (const [parameters, scope] of [
    [{ scope: 'vault.read offline_access', prompt: 'consent' }, 'offline_access vault.read'],
    [
      { scope: 'openid offline_access vault.read vault.write', prompt: 'consent' },
      'offline_access openid vault.read vault.write',
    ],
    [{ scope: 'vault.read offline_access' }, 'offline_access vault.read'],
    [{ scope: 'vault.read offline_access', prompt: 'login' }, 'offline_access vault.read'],
    [{ prompt: 'select_account' }, 'vault.read'],
    [{ scope: undefined, prompt: ' select_account login' }, 'vault.read'],
    [{ scope: 'offline_access' }, 'offline_access vault.read'],
    [{ scope: undefined, resource: undefined, prompt: 'consent' }, 'vault.read'],
    [{ scope: 'vault.read made.up' }, 'vault.read'],
  ] as const) {
    const { app, tokens } = await world.connect({ parameters });
    t.equal(tokens.scope.split(' ').sort().join(' '), scope, JSON.stringify(parameters));
    t.equal((await world.refresh(app, tokens.refresh_token)).status, 200);
  }
});

t.test(
  'an app that is no longer known: a page that says what to do, and invalid_client at the token endpoint',
  async (t) => {
    const world = await startLoopAuth(t);
    const app = { clientId: 'a-client-that-was-removed' };
    const { status, text, headers } = await world.ask(`/auth${world.authorization(app).url.search}`, {
      headers: { Accept: 'text/html' },
    });
    t.equal(status, 400);
    t.equal(headers.get('Location'), null);
    t.match(text, /remove this connector and add it again/);
    const refresh = await world.refresh(app, 'x');
    t.equal(refresh.status, 401);
    t.equal(refresh.body['error'], 'invalid_client');
  },
);

t.test('discovery lists what clients look for, and only what can be granted', async (t) => {
  const world = await startLoopAuth(t);
  for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
    const { status, headers, body } = await world.ask(path, {
      headers: { 'MCP-Protocol-Version': '2026-07-28' },
    });
    t.equal(status, 200, 'answered where it was asked, without a redirect');
    t.equal(headers.get('Access-Control-Allow-Origin'), '*');
    t.match(body, {
      issuer: world.issuer,
      authorization_response_iss_parameter_supported: true,
      code_challenge_methods_supported: ['S256'],
      grant_types_supported: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
        'client_credentials',
      ],
      response_types_supported: ['code'],
      registration_endpoint: `${world.issuer}/reg`,
      revocation_endpoint: `${world.issuer}/token/revocation`,
    });
    t.same(
      new Set(body['scopes_supported'] as string[]),
      new Set(['openid', 'offline_access', 'profile', 'vault.read', 'vault.write']),
    );
    const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
    for (const [endpoint, taken] of [
      ['token', [...methods, 'none']],
      ['revocation', [...methods, 'none']],
      ['introspection', methods],
    ] as const) {
      t.same(new Set(body[`${endpoint}_endpoint_auth_methods_supported`] as string[]), new Set(taken));
      t.ok(body[`${endpoint}_endpoint_auth_signing_alg_values_supported`], endpoint);
    }
  }
});
