// auth/vault/access.ts and answers.ts, people/consent.ts: what a person chooses, in the token's answer and in introspection.
import { createRequire } from 'node:module';
import t, { type Test } from 'tap';
import { giveVault, vaultDetail, withholdWriting } from '../../../auth/vault/access.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { authorizeInBrowser } from '../../../scripts/demo/sign-in.ts';
import { ann, type Choice, type LoopAuth, resource, startLoopAuth } from '../../support/loop-auth.ts';

// as auth/ finds it: the library is no dependency of the tests
const { default: Provider } = createRequire(new URL('../../../auth/package.json', import.meta.url))(
  'oidc-provider',
);

const both = { scope: 'vault.read vault.write offline_access' };

async function startDescribed(t: Test, description: object = {}): Promise<LoopAuth> {
  const world = await startLoopAuth(t);
  const { status } = await world.describe({
    folders: ['Daily', 'Daily/2026', 'Projects', '일기'],
    ...description,
  });
  t.equal(status, 204);
  return world;
}

t.test('what a person chooses stands in the token’s answer and in introspection', async (t) => {
  const world = await startDescribed(t);
  const all = { type: 'vault', locations: [resource] };
  const cases: [Choice, string, object][] = [
    [{}, 'vault.read vault.write', { ...all, actions: ['read', 'write'] }],
    [{ access: 'write', reach: 'all' }, 'vault.read vault.write', { ...all, actions: ['read', 'write'] }],
    [{ access: 'read' }, 'vault.read', { ...all, actions: ['read'], withheld: ['write'] }],
    [
      { access: 'read', reach: 'some', folders: '일기' },
      'vault.read',
      { ...all, actions: ['read'], folders: ['일기'], withheld: ['write'] },
    ],
    [
      { access: 'write', reach: 'some', folders: ['Projects', 'Daily/2026', 'Daily'] },
      'vault.read vault.write',
      { ...all, actions: ['read', 'write'], folders: ['Daily', 'Projects'] },
    ],
    // What is not chosen says nothing: a list that is not used narrows nothing.
    [{ reach: 'all', folders: 'Daily' }, 'vault.read vault.write', { ...all, actions: ['read', 'write'] }],
  ];
  for (const [choice, scope, detail] of cases) {
    const name = JSON.stringify(choice);
    const { app, tokens } = await world.connect({ parameters: both, choice });
    t.match(tokens, { scope: `offline_access ${scope}`, authorization_details: [detail] }, name);
    const { body } = await world.introspect(tokens.access_token);
    t.match(body, { active: true, scope }, name);
    t.same(body['authorization_details'], [detail], name);
    const refreshed = await world.refresh(app, tokens.refresh_token, { scope: both.scope });
    t.equal(refreshed.status, 200, `${name}: asked for all of it again`);
    t.match(refreshed.body, { scope: `offline_access ${scope}`, authorization_details: [detail] }, name);
    const later = await world.introspect(refreshed.body['access_token']);
    t.same(later.body['authorization_details'], [detail], name);
  }
});

t.test('an app that asks to write alone can read where writing is withheld', async (t) => {
  const world = await startDescribed(t);
  const { app, tokens } = await world.connect({
    parameters: { scope: 'vault.write' },
    choice: { access: 'read' },
  });
  t.match(await world.introspect(tokens.access_token), { body: { scope: 'vault.read' } });
  const refreshed = await world.refresh(app, tokens.refresh_token);
  t.match(await world.introspect(refreshed.body['access_token']), {
    body: { active: true, scope: 'vault.read' },
  });
});

t.test('nobody is given more than was asked for, or than the vault allows', async (t) => {
  const world = await startDescribed(t);
  const write = { access: 'write' };
  const reader = await world.connect({ parameters: { scope: 'vault.read' }, choice: write });
  t.match(await world.introspect(reader.tokens.access_token), {
    body: { scope: 'vault.read', authorization_details: [{ actions: ['read'], withheld: undefined }] },
  });
  await world.describe({ isWritable: false });
  const { tokens } = await world.connect({ parameters: both, choice: write });
  t.match(await world.introspect(tokens.access_token), {
    body: { scope: 'vault.read', authorization_details: [{ actions: ['read'], withheld: ['write'] }] },
  });
});

t.test('an answer that can’t be taken grants nothing and brings the page again', async (t) => {
  const world = await startDescribed(t);
  const app = await world.register();
  for (const choice of [
    { access: 'everything' },
    { access: ['read', 'write'] },
    { reach: 'none' },
    { reach: 'some' },
    { reach: 'some', folders: 'Secrets' },
    { reach: 'some', folders: ['Daily', '../etc'] },
  ]) {
    const browser = new Browser();
    const { url } = world.authorization(app, both);
    const asking = authorizeInBrowser(url, ann, { browser, choice });
    await t.rejects(asking, /with 422/, JSON.stringify(choice));
  }
  const grants = await world.database
    .all({ sql: 'SELECT id FROM grants', order: [] } as never, {})
    .catch(() => []);
  t.same(grants, []);
});

t.test('many folders are taken as they are sent', async (t) => {
  const folders = Array.from({ length: 500 }, (_, number) => `Folder ${number} 프로젝트`).sort();
  const world = await startDescribed(t, { folders });
  const { tokens } = await world.connect({ parameters: both, choice: { reach: 'some', folders } });
  t.match(await world.introspect(tokens.access_token), { body: { authorization_details: [{ folders }] } });
});

t.test('another account can be used, in the same browser and without the app asking again', async (t) => {
  const world = await startDescribed(t);
  const browser = new Browser();
  await world.connect({ browser });
  const app = await world.register();
  const attempt = world.authorization(app);
  const consent = await browser.visit(attempt.url);
  t.match(consent.text, /name="decision"/);
  const signIn = await browser.submit(consent, { decision: 'other-account' });
  t.match(signIn.text, /name="password"/, 'nobody is signed in');
  const again = await browser.submit(signIn, { ...ann });
  t.match(again.text, /name="decision"/);
  t.equal(again.url.pathname.startsWith('/interaction/'), true);
});

t.test('writing is taken from a grant, one from before there was a choice too', (t) => {
  const { Grant } = new Provider('https://op.example');
  const old = new Grant({ accountId: 'a', clientId: 'c' });
  old.addResourceScope(resource, 'vault.read vault.write');
  const narrow = new Grant({ accountId: 'a', clientId: 'c' });
  giveVault(narrow, resource, ['vault.write'], { access: 'write', folders: ['Daily'] });
  for (const [grant, folders] of [
    [old, undefined],
    [narrow, ['Daily']],
  ] as const) {
    t.equal(withholdWriting(grant), true);
    const detail = vaultDetail(grant, resource);
    t.match(detail, { type: 'vault', locations: [resource], actions: ['read'], withheld: ['write'] });
    t.same(detail?.folders, folders);
    t.equal(grant.getResourceScope(resource).includes('vault.write'), false);
    t.equal(withholdWriting(grant), false, 'there is nothing left to take');
  }
  t.end();
});

t.test('a grant of writing alone can still read when writing is taken from it', (t) => {
  const { Grant } = new Provider('https://op.example');
  const grant = new Grant({ accountId: 'a', clientId: 'c' });
  grant.addResourceScope(resource, 'vault.write');
  withholdWriting(grant);
  t.equal(grant.getResourceScope(resource), 'vault.read');
  t.end();
});
