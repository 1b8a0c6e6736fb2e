// Tokens for programs that act for an account without a person: what they open, and that they end as a connection does.
import t, { type Test } from 'tap';
import { hashClientSecret } from '../../../adapters/models/client.ts';
import { AccountConnectionStore } from '../../../adapters/stores/account-connections.ts';
import { type Account, AccountStore } from '../../../adapters/stores/accounts.ts';
import { ConnectionStore } from '../../../adapters/stores/connections.ts';
import { ProgramStore } from '../../../adapters/stores/programs.ts';
import { startSweep } from '../../../adapters/sweep/sweep.ts';
import { createProgramClient } from '../../../auth/clients/seeded.ts';
import type { VaultChoice } from '../../../auth/vault/access.ts';
import { giveProgram } from '../../../auth/vault/program-tokens.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { shiftClock } from '../../support/clock.ts';
import { engines } from '../../support/databases.ts';
import { type Answer, ann, basic, type LoopAuth, resource, startLoopAuth } from '../../support/loop-auth.ts';

const secret = 'a secret of forty-three random signs, or so';
const sse = resource.replace('/mcp', '/sse');

interface World {
  readonly world: LoopAuth;
  readonly account: Account;
  readonly ask: (fields?: Record<string, string>, clientId?: string) => Promise<Answer>;
}

async function start(t: Test, choice: VaultChoice = { access: 'read' }, url?: string): Promise<World> {
  const world = await startLoopAuth(t, url === undefined ? {} : { settings: { AUTH_DATABASE_URL: url } });
  const account = (await new AccountStore(world.database).findByUsername(ann.username)) as Account;
  const client = {
    ...createProgramClient('backup', 'Nightly digest', 'client_secret_basic'),
    client_secret: hashClientSecret(secret),
  };
  const gives = giveProgram(world.config.resources, choice);
  await new ProgramStore(world.database).add({ client, accountId: account.id, gives });
  const ask: World['ask'] = (fields = {}, clientId = 'backup') =>
    world.post(
      '/token',
      { grant_type: 'client_credentials', ...fields },
      { Authorization: basic(clientId, secret) },
    );
  return { world, account, ask };
}

for (const engine of engines) {
  t.test(
    `${engine.name}: a program's token is one of its account, and ends with its connection`,
    async (t) => {
      const { world, account, ask } = await start(
        t,
        { access: 'read', folders: ['Work/loop', 'Work'] },
        await engine.create(t),
      );
      const { status, body, text } = await ask({ resource });
      t.equal(status, 200, text);
      const detail = { type: 'vault', locations: [resource], actions: ['read'], folders: ['Work'] };
      t.match(body, {
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'vault.read',
        authorization_details: [detail],
      });
      t.notOk('refresh_token' in body, 'RFC 6749 section 4.4.3');
      const introspected = await world.introspect(body['access_token']);
      t.match(introspected.body, {
        active: true,
        sub: account.id,
        client_id: 'backup',
        client_name: 'Nightly digest',
        username: 'ann',
        aud: resource,
        scope: 'vault.read',
        authorization_details: [detail],
      });
      const connections = new ConnectionStore(world.database);
      const [connection, ...others] = await connections.list();
      t.match(connection, { clientId: 'backup', username: 'ann' });
      t.ok(Math.abs((connection?.lastUsed ?? 0) - Date.now() / 1000) < 60);
      t.same(others, []);
      await connections.revoke([connection as { grantId: string }]);
      t.notOk(await world.isActive(body['access_token']));
      t.match(await ask(), {
        status: 400,
        body: { error: 'unauthorized_client', error_description: /taken away/ },
      });
      t.same(await connections.list(), []);
    },
  );
}

t.test('what it asks for is given as far as it may have it, at each of the vault’s two names', async (t) => {
  const { ask } = await start(t, { access: 'write' });
  t.match((await ask()).body, {
    scope: 'vault.read vault.write',
    authorization_details: [{ locations: [resource] }],
  });
  t.match((await ask({ scope: 'vault.read openid mcp:tools' })).body, { scope: 'vault.read' });
  t.match((await ask({ resource: sse, scope: 'offline_access' })).body, {
    scope: 'vault.read vault.write',
    authorization_details: [{ locations: [sse] }],
  });
  t.match(await ask({ resource: 'https://elsewhere.example/' }), {
    status: 400,
    body: { error: 'invalid_target' },
  });
});

t.test('one that may read is given nothing else', async (t) => {
  const { ask } = await start(t);
  t.match((await ask({ scope: 'vault.read vault.write' })).body, { scope: 'vault.read' });
  t.match(await ask({ scope: 'vault.write' }), { status: 400, body: { error: 'invalid_scope' } });
});

t.test('nobody else gets one', async (t) => {
  const { world, ask } = await start(t);
  const wrong = { Authorization: basic('backup', 'another secret') };
  t.equal((await world.post('/token', { grant_type: 'client_credentials' }, wrong)).status, 401);
  const app = await world.register({ token_endpoint_auth_method: 'client_secret_post' });
  t.equal((await world.token(app, { grant_type: 'client_credentials' })).status, 400);
  const seeded = await world.seed({ authMethod: 'client_secret_post' });
  t.equal((await world.token(seeded, { grant_type: 'client_credentials' })).status, 400);
  t.equal((await ask({}, 'nobody')).status, 401);
  const page = await world.ask(`/auth${world.authorization({ clientId: 'backup' }).url.search}`);
  t.equal(page.status, 400, 'and a program signs nobody in');
});

t.test('it ends with its account, and its owner sees it and makes it read only', async (t) => {
  const { world, account, ask } = await start(t, { access: 'write' });
  const { body } = await ask();
  const browser = new Browser();
  const signIn = await browser.visit(`${world.issuer}/account`);
  const page = await browser.submit(signIn, ann);
  t.match(page.text, /Nightly digest[\s\S]*A program that the operator set up/);
  const [connection] = await new AccountConnectionStore(world.database).listAll(account.id);
  const question = await browser.visit(`${world.issuer}/account?action=read-only&id=${connection?.grantId}`);
  t.match(question.text, 'A program that the operator set up');
  await browser.submit(question, { confirm: 'yes' });
  t.match((await world.introspect(body['access_token'])).body, { scope: 'vault.read' });
  t.match((await ask()).body, { scope: 'vault.read' });
  await new AccountStore(world.database).setDisabled(account.id, true);
  t.notOk(await world.isActive(body['access_token']));
  t.match(await ask(), { status: 400, body: { error: 'unauthorized_client' } });
});

t.test(
  'what it was given stands, however long it is away, and it asks no more often than an app refreshes',
  async (t) => {
    const clock = shiftClock(t);
    const { world, ask } = await start(t);
    const sweep = startSweep(world.database, {
      refreshTokenIdleSeconds: 60,
      accessTokenSeconds: 3600,
      unusedClientSeconds: 60,
      pauseMs: 0,
    });
    t.teardown(() => sweep.stop());
    clock.advance(400 * 24 * 3600);
    await sweep.runOnce();
    t.equal((await ask()).status, 200);
    const statuses = new Set<number>();
    for (let n = 0; n < 510; n += 30) {
      const answers = await Promise.all(Array.from({ length: 30 }, () => ask()));
      for (const { status } of answers) statuses.add(status);
    }
    t.same([...statuses].sort(), [200, 503], 'asked to come later, as at /token');
  },
);
