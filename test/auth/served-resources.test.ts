// Resources of other servers with scopes of their own: what is asked for, what a token has, who learns of it.
import t from 'tap';
import { ResourceStore } from '../../adapters/stores/resources.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { type App, apiSecret, basic, type LoopAuth, resource, startLoopAuth } from '../support/loop-auth.ts';
import { files, serveFiles } from '../support/served.ts';

const both = 'files.read files.write';

/** The page of consent that Ann sees. */
async function consentPage(world: LoopAuth, app: App, parameters: Record<string, string>) {
  const browser = new Browser();
  const page = await browser.visit(world.authorization(app, { resource: files, ...parameters }).url);
  return browser.submit(page, { username: 'ann', password: 'a sentence that only Ann knows' });
}

t.test(
  'a token for another server’s resource has its audience, and only scopes of that resource',
  async (t) => {
    const world = await startLoopAuth(t);
    const credentials = await serveFiles(world);
    const app = await world.register();
    for (const [scope, given] of [
      ['files.read', 'files.read'],
      [both, both],
      [undefined, both],
      ['', both],
      ['files.read vault.read vault.write', 'files.read'],
      ['files.read nothing.known', 'files.read'],
      ['openid files.read', 'openid files.read'],
      // All that discovery lists, which has nothing of this server: asked for as a whole.
      ['openid profile offline_access vault.read vault.write', `openid profile offline_access ${both}`],
    ] as const) {
      const { tokens } = await world.connect({ app, parameters: { scope, resource: files } });
      t.same(String(tokens.scope).split(' ').sort(), given.split(' ').sort(), `asked for ${scope}`);
      const { body } = await world.introspect(tokens.access_token, credentials);
      const own = given.split(' ').filter((one) => one.startsWith('files.'));
      t.match(body, { active: true, aud: files });
      t.same(String(body['scope']).split(' ').sort(), own.sort());
      t.notOk('authorization_details' in body, 'there is nothing of a vault to narrow');
      const refreshed = await world.refresh(app, tokens.refresh_token, { scope });
      t.equal(refreshed.status, 200, `refreshed with ${scope}`);
      const again = await world.introspect(refreshed.body['access_token'], credentials);
      t.same(String(again.body['scope']).split(' ').sort(), own.sort());
    }
    for (const scope of ['nothing.known', 'calendar.read']) {
      const attempt = world.authorization(app, { scope, resource: files });
      await t.rejects(world.code(attempt), /invalid_scope.*files\.read/, scope);
    }
    const vault = await world.connect({ app, parameters: { scope: `vault.read ${both}` } });
    t.equal(vault.tokens.scope, 'vault.read', 'nor does the vault give scopes of theirs');
  },
);

t.test('a refresh gets no scope that was not given', async (t) => {
  const world = await startLoopAuth(t);
  await serveFiles(world);
  const { app, tokens } = await world.connect({ parameters: { scope: 'files.read', resource: files } });
  const { body } = await world.refresh(app, tokens.refresh_token, { scope: both });
  t.equal(body['error'], 'invalid_scope');
  for (const [target, error] of [
    [resource, 'invalid_target'],
    [`${files}?x`, 'invalid_target'],
  ] as const) {
    const other = await world.refresh(app, tokens.refresh_token, { resource: target });
    t.equal(other.body['error'], error, target);
  }
  t.equal((await world.refresh(app, tokens.refresh_token)).status, 200);
});

t.test('each credential learns only of tokens for its own resources', async (t) => {
  const world = await startLoopAuth(t);
  const [one, other] = [files, 'https://calendar.example/mcp'];
  const ofFiles = await serveFiles(world, 'files', [one, 'https://files.example/sse']);
  const ofCalendar = await serveFiles(world, 'calendar', [other]);
  const registered = await world.register({ token_endpoint_auth_method: 'client_secret_basic' });
  const ofApp = basic(registered.clientId, String(registered.clientSecret));
  const credentials = [ofFiles, ofCalendar, basic('loop-api', apiSecret), ofApp];
  for (const [target, allowed] of [
    [one, 0],
    ['https://files.example/sse', 0],
    [other, 1],
    [resource, 2],
  ] as const) {
    const { tokens } = await world.connect({ parameters: { scope: undefined, resource: target } });
    for (const [at, credential] of credentials.entries()) {
      const { text, body } = await world.introspect(tokens.access_token, credential);
      if (at === allowed) t.match(body, { active: true, aud: target });
      else t.equal(text, '{"active":false}', `${target} by ${at}`);
      t.equal((await world.introspect(tokens.refresh_token, credential)).text, '{"active":false}');
    }
  }
});

t.test('a credential reads of which resources it is, and their scopes', async (t) => {
  const world = await startLoopAuth(t);
  const credentials = await serveFiles(world);
  await serveFiles(world, 'calendar', ['https://calendar.example/mcp']);
  const ask = (authorization: string) =>
    world.ask('/resource-description', { headers: { Authorization: authorization } });
  t.same((await ask(credentials)).body, {
    resources: [{ resource: files, name: 'Our files', scopes: ['files.read', 'files.write'] }],
  });
  t.match((await ask(basic('loop-api', apiSecret))).body, {
    resources: [{ resource, scopes: ['vault.read', 'vault.write'] }, {}],
  });
  const app = await world.register({ token_endpoint_auth_method: 'client_secret_basic' });
  t.same((await ask(basic(app.clientId, String(app.clientSecret)))).body, { resources: [] });
  t.equal((await ask(basic('files', 'wrong'))).status, 401);
});

t.test(
  'consent says what is asked for in an operator’s words, in the person’s language, as text',
  async (t) => {
    const world = await startLoopAuth(t);
    await serveFiles(world);
    const app = await world.register();
    const english = await consentPage(world, app, { scope: both });
    t.match(english.text, /<h1>.*wants to use <bdi>Our files<\/bdi>/);
    t.match(english.text, files);
    t.match(english.text, 'Read your files');
    t.match(english.text, 'Change your files');
    t.notMatch(english.text, /name="access"|name="reach"/, 'nothing of the vault is offered');
    t.match(english.text, 'It gets none of your notes.');
    const korean = await consentPage(world, app, { scope: 'files.read', ui_locales: 'ko' });
    t.match(korean.text, /<bdi>우리 파일<\/bdi>을 사용하려고 합니다/);
    t.match(korean.text, '파일 읽기');
    t.notMatch(korean.text, 'Change your files', 'nor what was not asked for');
    const evil = 'https://evil.example/mcp';
    await serveFiles(world, 'evil', [evil], {
      name: '<script>alert(1)</script>',
      scopes: ['x.read=<img src=x onerror=alert(1)>', 'x.plain'],
    });
    const page = await consentPage(world, app, { scope: 'x.read x.plain', resource: evil });
    t.notMatch(page.text, /<script>alert|<img src=x/);
    t.match(page.text, '&lt;img src=x onerror=alert(1)&gt;');
    t.match(page.text, 'x.plain', 'a scope without words is shown by its name');
  },
);

t.test('an account sees which servers its apps may use', async (t) => {
  const world = await startLoopAuth(t);
  await serveFiles(world);
  const browser = new Browser();
  await world.connect({ browser, parameters: { scope: undefined, resource: files } });
  const { text } = await browser.visit(`${world.issuer}/account`);
  t.match(text, 'Use Our files');
  t.notMatch(text, /value="read-only"/, 'there is no writing of notes to take away');
});

t.test('an app that an operator limited gets nothing beyond, of any server', async (t) => {
  const world = await startLoopAuth(t);
  await serveFiles(world);
  const app = await world.seed({ scopes: ['vault.read'] });
  const redirect = { redirect_uri: 'https://app.example/callback', resource: files };
  for (const scope of [undefined, 'files.read']) {
    await t.rejects(world.code(world.authorization(app, { ...redirect, scope })), /invalid_scope/);
  }
});

t.test('a resource that is removed gives nothing more, also where it comes again', async (t) => {
  const world = await startLoopAuth(t);
  const credentials = await serveFiles(world);
  const { app, tokens } = await world.connect({ parameters: { scope: both, resource: files } });
  const vault = await world.connect({ app });
  const store = new ResourceStore(world.database);
  await store.remove([files]);
  t.equal((await world.introspect(tokens.access_token, credentials)).text, '{"active":false}');
  t.equal((await world.refresh(app, tokens.refresh_token)).body['error'], 'invalid_grant');
  const attempt = world.authorization(app, { resource: files });
  await t.rejects(world.code(attempt), /invalid_target/);
  t.ok(await world.isActive(vault.tokens.access_token), 'the vault’s connection goes on');
  await store.save('files', {
    resource: files,
    names: { en: 'Again' },
    scopes: [{ scope: 'files.read', words: {} }],
  });
  t.equal((await world.introspect(tokens.access_token, credentials)).text, '{"active":false}');
});

t.test(
  'a slash or another name of this machine means the resource, where only one can be meant',
  async (t) => {
    const world = await startLoopAuth(t);
    const near = 'http://localhost:9000/mcp';
    const made = [
      files,
      near,
      'https://two.example/mcp',
      'https://two.example/mcp/',
      'https://of.example/mcp?a=1',
    ];
    const credentials = await serveFiles(world, 'files', made);
    const app = await world.register();
    for (const [asked, meant] of [
      [`${files}/`, files],
      ['http://127.0.0.1:9000/mcp/', near],
      ['https://two.example/mcp', 'https://two.example/mcp'],
      ['https://two.example/mcp/', 'https://two.example/mcp/'],
      ['https://of.example/mcp?a=1', 'https://of.example/mcp?a=1'],
    ] as const) {
      const { tokens } = await world.connect({ app, parameters: { scope: undefined, resource: asked } });
      const { body } = await world.introspect(tokens.access_token, credentials);
      t.match(body, { active: true, aud: meant }, asked);
      const again = await world.refresh(app, tokens.refresh_token, { resource: asked });
      t.equal(again.status, 200, `${asked}, at a refresh`);
    }
    for (const other of [
      `${files}?x`,
      'https://of.example/mcp',
      'https://of.example/mcp?a=2',
      `${files}//`,
      'https://127.0.0.1:9000/mcp',
    ]) {
      const attempt = world.authorization(app, { resource: other });
      t.match((await world.ask(`/auth${attempt.url.search}`)).text, /invalid_target/, other);
    }
  },
);
