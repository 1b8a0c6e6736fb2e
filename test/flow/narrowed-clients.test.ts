// A person gives an app less than it asked for: none of the clients at hand asks again, whatever it then tries.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as openid from 'openid-client';
import t, { type Test } from 'tap';
import { MemoryOAuthClient, redirectUrl } from '../../scripts/demo/oauth-client.ts';
import type { Pair } from '../../scripts/demo/pair.ts';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { startConnectedPair } from '../support/connected-pair.ts';
import { startLoopAuth } from '../support/loop-auth.ts';
import { callTool } from '../support/mcp-call.ts';
import { narrowed, waitForFolder } from '../support/narrowed.ts';
import { person } from '../support/person.ts';
import { connectOver, readRegistrations } from '../support/recorded-clients.ts';
import { signingInClients } from '../support/signing-in-clients.ts';

async function startWritable(t: Test): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-narrowed-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await cp('api/sample-vault', folder, { recursive: true });
  const { pair } = await startConnectedPair(t, { API_VAULT_DIR: folder });
  await waitForFolder(pair, narrowed.folders);
  return pair;
}

t.test('the official clients sign in once', async (t) => {
  const pair = await startWritable(t);
  const url = new URL(pair.resource);
  for (const [name, open] of Object.entries(signingInClients)) {
    const oauth = new MemoryOAuthClient(name);
    const first = open(url, oauth);
    await t.rejects(first.connect(), `${name} asks for authorization first`);
    t.match(oauth.pendingAuthorization?.searchParams.get('scope'), 'vault.write', `${name} asks to write`);
    await first.finish(
      await authorizeInBrowser(oauth.pendingAuthorization ?? '', person, { choice: narrowed }),
    );
    for (const round of ['signed in', 'after its access token was over']) {
      const { client, connect } = open(url, oauth);
      await connect();
      const inside = await client.callTool({
        name: 'list',
        arguments: { of: 'folder', folder: 'Journal/2026' },
      });
      t.match(JSON.stringify(inside), 'Journal/2026/2026-11-20', `${name}, ${round}`);
      const outside = await client.callTool({ name: 'fetch', arguments: { id: 'Welcome.md' } });
      t.match(outside, { isError: true }, `${name}, ${round}: what lies outside is not there`);
      for (let times = 0; times < 3; times += 1) {
        const written = async () =>
          client.callTool({ name: 'create_note', arguments: { path: 'Journal/x.md', text: 'x' } });
        await t.rejects(
          written() as Promise<unknown> as Promise<object>,
          `${name}, ${round}: writing is refused`,
        );
      }
      const found = await client.callTool({ name: 'search', arguments: { query: 'NAS' } });
      t.equal(found.isError ?? false, false, `${name}, ${round}: and it goes on`);
      await client.close();
      oauth.forgetAccessToken();
    }
    t.equal(oauth.signIns, 1, `${name}: the person was asked once`);
  }
});

t.test('openid-client takes what was given, and refreshes with all that it asked for', async (t) => {
  const pair = await startWritable(t);
  const metadata = { redirect_uris: [redirectUrl], client_name: 'openid-client' };
  const config = await openid.dynamicClientRegistration(new URL(pair.issuer), metadata, undefined, {
    execute: [openid.allowInsecureRequests],
  });
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const scope = 'openid vault.read vault.write';
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUrl,
    scope,
    resource: pair.resource,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
  });
  const answer = await authorizeInBrowser(url, person, { choice: narrowed });
  const tokens = await openid.authorizationCodeGrant(config, answer, { pkceCodeVerifier, expectedState });
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', { scope });
  for (const { access_token: token, scope: given } of [tokens, refreshed]) {
    t.same(new Set(given?.split(' ')), new Set(['openid', 'vault.read']));
    t.equal((await callTool(pair.resource, token)).status, 200);
    const input = { path: 'Journal/x.md', text: 'x' };
    t.equal((await callTool(pair.resource, token, 'create_note', input)).status, 403);
  }
});

t.test('every client as it was recorded refreshes as it asked, and gets what was given', async (t) => {
  const world = await startLoopAuth(t);
  await world.describe({ folders: ['Journal'] });
  const scope = 'openid profile offline_access vault.read vault.write';
  for (const [name, metadata] of readRegistrations()) {
    const app = await world.register({ token_endpoint_auth_method: undefined, ...metadata });
    const redirectUri = String((metadata['redirect_uris'] as string[])[0]);
    const { status, body } = await connectOver(world, app, {
      redirectUri,
      parameters: { scope },
      choice: narrowed,
    });
    t.equal(status, 200, `${name}: tokens`);
    t.notMatch(body['scope'], 'vault.write', name);
    let last = body;
    for (const asked of [undefined, scope, String(body['scope']), 'vault.read vault.write', 'vault.write']) {
      const refreshed = await world.refresh(app, last['refresh_token'], { scope: asked });
      t.equal(refreshed.status, 200, `${name}: a refresh that asks for ${asked}`);
      const { body: seen } = await world.introspect(refreshed.body['access_token']);
      const detail = { actions: ['read'], folders: ['Journal'], withheld: ['write'] };
      t.match(seen, { active: true, scope: 'vault.read', authorization_details: [detail] }, name);
      last = refreshed.body;
    }
  }
});
