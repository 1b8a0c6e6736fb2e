// What programs are refused with at the endpoints of their own, in the words of the specifications.
import t from 'tap';
import { apiSecret, basic, startLoopAuth } from '../../support/loop-auth.ts';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJl';

t.test(
  'a grant that is not the client’s is unauthorized_client, one that is none here unsupported',
  async (t) => {
    const loop = await startLoopAuth(t);
    const app = await loop.register();
    const terminal = await loop.register({ grant_types: [deviceGrant], redirect_uris: [] });
    for (const [name, answer, error] of [
      [
        'device code',
        await loop.token(app, { grant_type: deviceGrant, device_code: 'x' }),
        'unauthorized_client',
      ],
      [
        'client credentials',
        await loop.token(app, { grant_type: 'client_credentials' }),
        'unauthorized_client',
      ],
      [
        'a code, of a terminal',
        await loop.token(terminal, { grant_type: 'authorization_code', code: 'x' }),
        'unauthorized_client',
      ],
      [
        'device authorization',
        await loop.post('/device/auth', { client_id: app.clientId }),
        'unauthorized_client',
      ],
      ['a password', await loop.token(app, { grant_type: 'password' }), 'unsupported_grant_type'],
    ] as const) {
      t.equal(answer.status, 400, name);
      t.equal(answer.body['error'], error, name);
    }
  },
);

t.test(
  'a resource server learns of anybody’s token that it is inactive, once it has said who it is',
  async (t) => {
    const loop = await startLoopAuth(t);
    const { tokens } = await loop.connect();
    const asked = await loop.introspect(jwt);
    t.equal(asked.status, 200);
    t.same(asked.body, { active: false });
    for (const token of [jwt, tokens.access_token]) {
      const nameless = await loop.post('/token/introspection', { token });
      t.equal(nameless.status, 401);
      t.equal(nameless.body['error'], 'invalid_client');
      t.match(nameless.headers.get('WWW-Authenticate'), /^Basic /);
      const wrong = await loop.introspect(token, basic('loop-api', `${apiSecret}!`));
      t.equal(wrong.status, 401);
    }
  },
);

t.test('a header that is for the resource is in no client’s way where it proves who it is', async (t) => {
  const loop = await startLoopAuth(t);
  const secret = await loop.register({ token_endpoint_auth_method: 'client_secret_post' });
  for (const app of [await loop.register(), secret])
    for (const authorization of ['Bearer an-old-one', 'DPoP x', 'Negotiate abc', 'a-key-without-a-scheme']) {
      const { tokens } = await loop.connect({ app });
      const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
      const answer = await loop.token(app, fields, { Authorization: authorization });
      t.equal(answer.status, 200, authorization);
    }
  const { clientId } = secret;
  const fields = { grant_type: 'refresh_token', refresh_token: 'x' };
  for (const clientSecret of ['wrong', undefined]) {
    const refused = await loop.token({ clientId, clientSecret }, fields, { Authorization: 'Bearer x' });
    t.match(refused, { status: 401, body: { error: 'invalid_client' } }, 'and proves nothing');
  }
  const twice = await loop.token(secret, fields, { Authorization: basic(clientId, 'x') });
  t.match(twice, { status: 400, body: { error: 'invalid_request' } }, 'two proofs are one too many');
  const { body } = await loop.post('/token/introspection', { token: 'x' }, { Authorization: 'Bearer x' });
  t.equal(body['error'], 'invalid_client');
});
