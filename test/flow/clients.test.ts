// Real clients from the bare MCP URL: discovery, registration, sign-in, consent, a tool call, a refresh.
import * as openid from 'openid-client';
import t, { type Test } from 'tap';
import { MemoryOAuthClient, redirectUrl } from '../../scripts/demo/oauth-client.ts';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { startConnectedPair } from '../support/connected-pair.ts';
import { callTool } from '../support/mcp-call.ts';
import { person } from '../support/person.ts';
import { type Opened, signingInClients } from '../support/signing-in-clients.ts';

type Found = { content: Array<{ type: string; text?: string }> };

/** One sign-in, and one refresh once the access token is gone; each round is a connection of its own. */
async function signInAndRefresh(
  t: Test,
  oauth: MemoryOAuthClient,
  open: (oauth: MemoryOAuthClient) => Opened,
): Promise<void> {
  const first = open(oauth);
  await t.rejects(first.connect(), 'it asks for authorization first');
  await first.finish(await authorizeInBrowser(oauth.pendingAuthorization ?? '', person));
  for (const round of ['signed in', 'refreshed']) {
    const { client, connect } = open(oauth);
    await connect();
    const found = (await client.callTool({ name: 'search', arguments: { query: 'NAS' } })) as Found;
    t.match(found.content[0]?.text, /"results":\[\{/, round);
    await client.close();
    oauth.forgetAccessToken();
  }
  t.equal(oauth.signIns, 1);
  t.equal(oauth.refreshes, 1);
}

t.test('from nothing but the MCP URL', async (t) => {
  const { pair } = await startConnectedPair(t);
  const url = new URL(pair.resource);

  for (const [name, open] of Object.entries(signingInClients)) {
    t.test(`the client of ${name} reaches a tool and refreshes`, async (t) => {
      await signInAndRefresh(t, new MemoryOAuthClient(name), (oauth) => open(url, oauth));
    });
  }

  t.test(
    'openid-client, a certified OpenID Connect client, does the same and accepts ID token and userinfo',
    async (t) => {
      const metadata = { redirect_uris: [redirectUrl], client_name: 'openid-client' };
      const config = await openid.dynamicClientRegistration(new URL(pair.issuer), metadata, undefined, {
        execute: [openid.allowInsecureRequests],
        algorithm: 'oidc',
      });
      const pkceCodeVerifier = openid.randomPKCECodeVerifier();
      const expectedNonce = openid.randomNonce();
      const expectedState = openid.randomState();
      const authorizationUrl = openid.buildAuthorizationUrl(config, {
        redirect_uri: redirectUrl,
        scope: 'openid profile vault.read',
        resource: pair.resource,
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        nonce: expectedNonce,
        state: expectedState,
      });
      const answer = await authorizeInBrowser(authorizationUrl, person);
      const checks = { pkceCodeVerifier, expectedNonce, expectedState, idTokenExpected: true };
      const tokens = await openid.authorizationCodeGrant(config, answer, checks);
      const sub = tokens.claims()?.sub ?? '';
      t.match(await openid.fetchUserInfo(config, tokens.access_token, sub), { sub, name: person.username });
      t.equal((await callTool(pair.resource, tokens.access_token)).status, 200);
      const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
      t.equal((await callTool(pair.resource, refreshed.access_token)).status, 200);
      await openid.tokenRevocation(config, refreshed.refresh_token ?? '');
      const again = await openid
        .refreshTokenGrant(config, refreshed.refresh_token ?? '')
        .catch((error: unknown) => error);
      t.match(again, { error: 'invalid_grant' });
    },
  );
});
