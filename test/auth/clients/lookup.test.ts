// auth/clients/lookup.ts: what is stored of a client, and what of it counts today.
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { ClientStore } from '../../../adapters/stores/clients.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { type App, ann, type LoopAuth, redirectUri, startLoopAuth } from '../../support/loop-auth.ts';

/** Rows as they could be made before an address had to be harmless. */
const harmful = [
  'javascript:alert(1)//callback',
  'JavaScript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'view-source:https://app.example/',
  'ms-msdt:/id',
  'search-ms:query',
  'shell:startup',
  'intent://app#Intent;end',
  'jar:https://app.example/a.jar!/',
  'x:/y',
  'https:evil.example',
  'https:\\\\evil.example',
  ' https://evil.example/cb',
  'http://evil.example/cb',
];

interface Row {
  readonly redirectUris: readonly string[];
  readonly source?: 'registration' | 'seeded';
  readonly afterwards?: readonly string[];
}

async function store(
  world: LoopAuth,
  { redirectUris, source = 'registration', afterwards = [] }: Row,
): Promise<App> {
  const clientId = randomUUID();
  await new ClientStore(world.database).add(source, {
    client_id: clientId,
    client_name: 'An old app',
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...afterwards],
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  });
  return { clientId };
}

/** Takes over what an older version would have stored. */
async function storeAddresses(world: LoopAuth, { clientId }: App, redirectUris: string[]): Promise<void> {
  const clients = new ClientStore(world.database);
  const stored = await clients.find(clientId);
  if (stored) await clients.update(clientId, { ...stored.metadata, redirect_uris: redirectUris });
}

t.test('an address that could not be registered today leads nowhere, however old its row is', async (t) => {
  const world = await startLoopAuth(t);
  for (const source of ['registration', 'seeded'] as const) {
    for (const address of harmful) {
      const app = await store(world, { redirectUris: [address, redirectUri], source });
      const alone = await store(world, { redirectUris: [address], source });
      for (const [asked, parameters] of [
        [app, { redirect_uri: address }],
        [app, { redirect_uri: address, prompt: 'none' }],
        [alone, { redirect_uri: address, prompt: 'none' }],
        [alone, { redirect_uri: undefined, response_type: 'token' }],
      ] as const) {
        const answer = await world.ask(`/auth${world.authorization(asked, parameters).url.search}`);
        t.equal(answer.status, 400, address);
        t.equal(answer.headers.get('Location'), null, address);
      }
      const good = await world.ask(`/auth${world.authorization(app).url.search}`);
      t.match(
        good.headers.get('Location'),
        '/interaction/',
        `the address beside ${address} is as good as ever`,
      );
    }
  }
});

t.test('nor does one that a sign-in under way goes to, nor one for after signing out', async (t) => {
  const world = await startLoopAuth(t);
  const own = 'com.example.app:/cb';
  const app = await world.register({ redirect_uris: [own] });
  const browser = new Browser();
  const page = await browser.visit(world.authorization(app, { redirect_uri: own }).url);
  await storeAddresses(world, app, ['javascript:alert(1)']);
  const answer = await browser.submit(page, ann);
  t.equal(answer.status, 400);
  t.match(answer.text, 'The app asked to send you somewhere else');

  const query = (afterwards: string, { clientId }: App): URLSearchParams =>
    new URLSearchParams({ client_id: clientId, post_logout_redirect_uri: afterwards });
  for (const afterwards of harmful) {
    const seeded = await store(world, {
      redirectUris: [redirectUri],
      source: 'seeded',
      afterwards: [afterwards],
    });
    t.equal((await world.ask(`/session/end?${query(afterwards, seeded)}`)).status, 400, afterwards);
  }
});

t.test('an app that has no good address left keeps its connections', async (t) => {
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect();
  await storeAddresses(world, app, ['javascript:alert(1)']);
  t.ok(await world.isActive(tokens.access_token));
  t.equal((await world.refresh(app, tokens.refresh_token)).status, 200);
});
