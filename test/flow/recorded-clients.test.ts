// Every client as it was recorded, from its registration or document to a tool call.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseConfig } from '../../api/config.ts';
import { createLogger } from '../../api/http/log.ts';
import { startService } from '../../api/service.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { startClientHosts } from '../support/client-hosts.ts';
import { makeVault } from '../support/loop-api.ts';
import { apiSecret, type LoopAuth, startLoopAuth } from '../support/loop-auth.ts';
import { callTool } from '../support/mcp-call.ts';
import {
  connectOver,
  createSigner,
  listeningAt,
  readDocument,
  readRegistrations,
} from '../support/recorded-clients.ts';

/** What clients send in the authorization request that differs from a plain one. */
const requests: Readonly<Record<string, Record<string, string | undefined>>> = {
  chatgpt: { scope: 'openid offline_access profile email vault.read vault.write', prompt: 'consent' },
  claude: { scope: 'vault.read vault.write offline_access', prompt: 'consent' },
  'claude-code': { resource: undefined },
  codex: { scope: undefined },
  'mcp-remote': { scope: 'openid email profile vault.read', resource: 'http://localhost:8082/mcp/' },
  bare: { scope: undefined, resource: undefined },
};

const knownResource = 'http://localhost:8082/mcp';

/** A real loop-api over a small vault that asks this loop-auth; resolves to the address of its MCP endpoint. */
async function startApi(t: Test, world: LoopAuth): Promise<string> {
  const folder = await makeVault(t);
  const config = parseConfig({
    AUTH_ISSUER: world.issuer,
    API_RESOURCE: knownResource,
    API_PORT: '0',
    API_CLIENT_SECRET: apiSecret,
    API_VAULT_DIR: join(folder, 'vault'),
    API_INDEX_PATH: join(folder, 'index.db'),
  });
  const service = await startService(config, createLogger({ write: () => {} }));
  t.teardown(() => service.stop());
  return `http://127.0.0.1:${service.port}/mcp`;
}

t.test('by registration', async (t) => {
  const world = await startLoopAuth(t);
  const endpoint = await startApi(t, world);
  for (const [name, metadata] of readRegistrations()) {
    const app = await world.register({ token_endpoint_auth_method: undefined, ...metadata });
    const redirectUri = listeningAt[name] ?? String((metadata['redirect_uris'] as string[])[0]);
    const parameters = requests[name] ?? {};
    const { status, body } = await connectOver(world, app, { redirectUri, parameters });
    t.equal(status, 200, `${name}: tokens`);
    const { body: seen } = await world.introspect(body['access_token']);
    t.match(seen, { active: true, aud: knownResource, client_id: app.clientId }, `${name}: introspection`);
    const refreshed = await world.refresh(app, body['refresh_token'], { resource: parameters['resource'] });
    t.equal(refreshed.status, 200, `${name}: refresh`);
    const call = await callTool(endpoint, String(refreshed.body['access_token']));
    t.equal(call.status, 200, `${name}: a tool call`);
    const { status: revoked } = await world.revoke(app, refreshed.body['refresh_token']);
    t.equal(revoked, 200, `${name}: disconnect`);
  }
});

t.test('by document', async (t) => {
  const hosts = await startClientHosts(t);
  const world = await startLoopAuth(t, { fetchJson: hosts.fetchJson });
  const endpoint = await startApi(t, world);
  const signer = await createSigner('chatgpt-1');
  hosts.serve('https://chatgpt.com/oauth/jwks.json', { keys: [signer.publicKey] });
  for (const name of ['chatgpt', 'claude', 'claude-code', 'codex', 'vscode']) {
    const document = readDocument(name);
    hosts.serve(document.client_id, document);
    const app = { clientId: document.client_id };
    const redirectUri = listeningAt[name] ?? String(document.redirect_uris[0]);
    const proof = async (): Promise<Record<string, string | undefined>> =>
      document['token_endpoint_auth_method'] === 'none' ? {} : signer.proofFor(app.clientId, world.issuer);
    const parameters = requests[name] ?? {};
    const { status, body } = await connectOver(world, app, { redirectUri, parameters, proof });
    t.equal(status, 200, `${name}: tokens`);
    const { body: seen } = await world.introspect(body['access_token']);
    t.match(seen, { active: true, aud: knownResource, client_id: app.clientId }, `${name}: introspection`);
    const refreshed = await world.refresh(app, body['refresh_token'], await proof());
    t.equal(refreshed.status, 200, `${name}: refresh`);
    const call = await callTool(endpoint, String(refreshed.body['access_token']));
    t.equal(call.status, 200, `${name}: a tool call`);
  }
});

t.test('a ChatGPT connector with an address of its own, and Zed’s and OpenCode’s documents', async (t) => {
  const hosts = await startClientHosts(t);
  const world = await startLoopAuth(t, { fetchJson: hosts.fetchJson });
  for (const [id, redirectUri] of [
    [
      'https://chatgpt.com/oauth/V1c2d3E4f5G6/client.json',
      'https://chatgpt.com/connector/oauth/V1c2d3E4f5G6',
    ],
    ['https://zed.dev/oauth/client-metadata.json', 'http://127.0.0.1:40001/callback'],
    ['https://opencode.ai/oauth/opencode/client.json', 'http://127.0.0.1:19876/mcp/oauth/callback'],
  ] as const) {
    hosts.serve(id, {
      client_id: id,
      client_name: 'An app',
      redirect_uris: [redirectUri],
      default_acr_values: ['1'],
      response_modes: ['query', 'jwt'],
      scope: 'something of its own',
      contacts: [],
      id_token_signed_response_alg: 'ES256',
    });
    const { status } = await connectOver(world, { clientId: id }, { redirectUri });
    t.equal(status, 200, id);
  }
});

t.test('the consent page warns where anyone’s program could be the app', async (t) => {
  const hosts = await startClientHosts(t);
  const world = await startLoopAuth(t, { fetchJson: hosts.fetchJson });
  const document = readDocument('claude-code');
  hosts.serve(document.client_id, document);
  const browser = new Browser();
  const parameters = { redirect_uri: 'http://localhost:50123/callback' };
  const { url } = world.authorization({ clientId: document.client_id }, parameters);
  const signIn = await browser.visit(url);
  const consent = await browser.submit(signIn, {
    username: 'ann',
    password: 'a sentence that only Ann knows',
  });
  t.match(consent.text, 'This address is on your own computer');
  t.match(consent.text, '<bdi>localhost:50123</bdi>');
  t.match(consent.text, '<bdi class="host">claude.ai</bdi>');
});
