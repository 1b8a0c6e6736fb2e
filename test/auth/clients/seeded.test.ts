// What an operator may make of a client, and what not; the command line is test/flow/seed-client.test.ts.
import t from 'tap';
import { hashClientSecret } from '../../../adapters/models/client.ts';
import { ClientStore } from '../../../adapters/stores/clients.ts';
import { createServedResource } from '../../../auth/clients/resource-servers.ts';
import {
  createSeededClient,
  SeedRefused,
  type SeedWish,
  withAddresses,
} from '../../../auth/clients/seeded.ts';
import { presets } from '../../../scripts/operator/client-presets.ts';
import { startLoopAuth } from '../../support/loop-auth.ts';
import { connectOver } from '../../support/recorded-clients.ts';

const wish: SeedWish = {
  name: 'An app',
  redirectUris: ['https://app.example/callback'],
  postLogoutRedirectUris: [],
  authMethod: 'client_secret_basic',
  grants: ['authorization_code', 'refresh_token'],
  scopes: [],
  withoutPkce: false,
};

t.test('a wish that would harm is refused by option', (t) => {
  const refused: ReadonlyArray<readonly [Partial<SeedWish>, RegExp]> = [
    [{ grants: ['client_credentials'] }, /--grant: read "client_credentials"; allowed/],
    [{ grants: ['refresh_token'] }, /--grant: authorization_code/],
    [{ scopes: ['admin'] }, /--scope: read "admin"; allowed/],
    [{ scopes: ['email'] }, /--scope: read "email"; allowed/],
    [{ authMethod: 'tls_client_auth' }, /--auth-method: read/],
    [{ redirectUris: ['http://app.example/'] }, /--redirect-uri: .*https/],
    [{ redirectUris: ['javascript:alert(1)'] }, /--redirect-uri: /],
    [{ redirectUris: ['https://app.example/#x'] }, /fragment/],
    [{ redirectUris: ['ms-msdt:/x'] }, /--redirect-uri: .*ms-msdt/],
    [{ redirectUris: ['http://localhost/a', 'https://localhost/b'] }, /--redirect-uri: .*loopback/],
    [{ postLogoutRedirectUris: ['/bye'] }, /--post-logout-redirect-uri: /],
    [{ postLogoutRedirectUris: ['http://app.example/bye'] }, /--post-logout-redirect-uri: .*https/],
    [{ postLogoutRedirectUris: ['https://app.example/bye#x'] }, /--post-logout-redirect-uri: .*fragment/],
    [{ postLogoutRedirectUris: ['app://bye'] }, /--post-logout-redirect-uri: .*own device/],
    [{ redirectUris: ['/callback'] }, /--redirect-uri: /],
    [{ withoutPkce: true, authMethod: 'none' }, /--without-pkce: only an app with a secret/],
    [{ withoutPkce: true, redirectUris: ['http://127.0.0.1/callback'] }, /exact https addresses only/],
    [{ withoutPkce: true, redirectUris: ['app://callback'] }, /exact https addresses only/],
  ];
  for (const [change, message] of refused) {
    t.throws(
      () => createSeededClient('id', { ...wish, ...change }),
      { name: 'SeedRefused', message },
      JSON.stringify(change),
    );
  }
  const action = createSeededClient('id', { ...wish, withoutPkce: true });
  t.throws(() => withAddresses(action, ['http://localhost/x'], []), SeedRefused, 'nor later');
  for (const resource of ['x', 'ftp://files.example/', 'https://files.example/#x', '']) {
    t.throws(() => createServedResource({ resource }), /--resource-server/, resource);
  }
  t.end();
});

t.test('every preset makes an app that can be connected', async (t) => {
  const world = await startLoopAuth(t);
  const store = new ClientStore(world.database);
  const addresses: Readonly<Record<string, string>> = {
    'chatgpt-action': 'https://chatgpt.com/aip/g-0/oauth/callback',
    chatgpt: 'https://chatgpt.com/connector_platform_oauth_redirect',
    claude: 'https://claude.com/api/mcp/auth_callback',
    'claude-code': 'http://localhost:40123/callback',
    cursor: 'cursor://anysphere.cursor-mcp/oauth/callback',
    vscode: 'http://127.0.0.1:51234/',
    inspector: 'http://localhost:6274/oauth/callback',
    'mcp-remote': 'http://127.0.0.1:3335/oauth/callback',
  };
  for (const [clientId, preset] of Object.entries(presets)) {
    const redirectUri = String(addresses[clientId]);
    const redirectUris = preset.redirectUris.length > 0 ? preset.redirectUris : [redirectUri];
    const isPublic = preset.authMethod === 'none';
    const metadata = createSeededClient(clientId, {
      ...wish,
      ...preset,
      redirectUris,
      withoutPkce: preset.withoutPkce === true,
    });
    await store.add('seeded', {
      ...metadata,
      ...(!isPublic && { client_secret: hashClientSecret('a secret') }),
    });
    const app = { clientId, clientSecret: isPublic ? undefined : 'a secret' };
    const { status, body } = await connectOver(world, app, { redirectUri });
    t.equal(status, 200, clientId);
    t.ok(await world.isActive(body['access_token']));
  }
});
