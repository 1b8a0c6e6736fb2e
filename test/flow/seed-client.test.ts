// Clients that an operator makes by hand: for GPT Actions, for apps that ask for an id and secret, for other resources.
import t, { type Test } from 'tap';
import { hashOpaque } from '../../adapters/database/hash.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import type { Pair } from '../../scripts/demo/pair.ts';
import { createFolder } from '../support/databases.ts';
import { type App, basic, type LoopAuth, startLoopAuth } from '../support/loop-auth.ts';
import { connectOver } from '../support/recorded-clients.ts';
import { runScript, type ScriptEnd } from '../support/run-script.ts';

// A process for each step: more than the usual two minutes on a busy machine.
t.setTimeout(600_000);

const callback = 'https://chatgpt.com/aip/g-0123456789abcdef/oauth/callback';
const withoutChallenge = { code_challenge: undefined, code_challenge_method: undefined };

interface Seeded {
  readonly world: LoopAuth;
  readonly run: (...args: string[]) => Promise<ScriptEnd>;
  /** Creates a client and reads its JSON. */
  readonly create: (...args: string[]) => Promise<Record<string, unknown>>;
}

/** A running loop-auth, and the script on its database. */
async function start(t: Test, settings: Record<string, string> = {}): Promise<Seeded> {
  const world = await startLoopAuth(t, { databasePath: `${createFolder(t)}/auth.db`, settings });
  const place = { issuer: world.issuer, databaseUrl: `sqlite:${world.databasePath}` } as Pair;
  const run: Seeded['run'] = (...args) => runScript(place, 'seed-client', args);
  const create: Seeded['create'] = async (...args) => {
    const { code, text } = await run(...args, '--json');
    if (code !== 0) throw new Error(text);
    return JSON.parse(text) as Record<string, unknown>;
  };
  return { world, run, create };
}

const appOf = (made: Record<string, unknown>): App => ({
  clientId: String(made['client_id']),
  clientSecret: made['client_secret'] as string | undefined,
});

t.test('a GPT Action: id and secret first, its callback later, no PKCE, no resource', async (t) => {
  const { world, run, create } = await start(t);
  const made = await create('--preset', 'chatgpt-action', '--scope', 'vault.read');
  const app = appOf(made);
  t.equal(made['token_endpoint'], `${world.issuer}/token`);
  t.match(app.clientSecret, /^[\w-]{43}$/);
  const ask = { redirect_uri: callback, resource: undefined, ...withoutChallenge };
  const early = await world.ask(`/auth${world.authorization(app, ask).url.search}`);
  t.equal(early.status, 400, 'before its address is known');
  t.equal(early.headers.get('Location'), null);

  t.match(await run('update', app.clientId, '--add-redirect-uri', callback), { code: 0, text: callback });
  for (const scope of ['vault.read', undefined]) {
    const attempt = world.authorization(app, { ...ask, scope });
    const code = await world.code(attempt);
    const fields = { redirect_uri: callback, code_verifier: undefined };
    const { status, body } = await world.exchange(app, code, attempt, fields);
    t.equal(status, 200);
    t.ok(await world.isActive(body['access_token']));
    t.equal(body['scope'], 'vault.read');
    const refreshed = await world.refresh(app, body['refresh_token']);
    t.equal(refreshed.status, 200);
    t.equal(
      (await world.exchange({ clientId: app.clientId }, code, attempt, fields)).status,
      401,
      'no secret',
    );
  }
  const wide = world.authorization(app, { ...ask, scope: 'vault.read vault.write' });
  await t.rejects(world.code(wide), /invalid_scope/, 'it may not ask for more');

  const attempt = world.authorization(app, { redirect_uri: callback });
  const code = await world.code(attempt);
  for (const verifier of [undefined, 'x'.repeat(43)]) {
    const answer = await world.exchange(app, code, attempt, {
      redirect_uri: callback,
      code_verifier: verifier,
    });
    t.equal(answer.body['error'], 'invalid_grant', 'a challenge that was sent is enforced');
  }
  t.equal((await world.exchange(app, code, attempt, { redirect_uri: callback })).status, 200);
  for (const other of [
    `${callback}/x`,
    callback.replace('chatgpt', 'chat'),
    callback.replace('https', 'http'),
  ]) {
    const { status } = await world.ask(
      `/auth${world.authorization(app, { ...ask, redirect_uri: other }).url.search}`,
    );
    t.equal(status, 400, other);
  }
  t.match((await run('list')).text, /GPT Action .*NOT REQUIRED/);
  t.match((await run('show', app.clientId)).text, '"pkce": "not required"');
});

t.test('nobody else goes without PKCE', async (t) => {
  const { world, run, create } = await start(t);
  t.match(await run('--name', 'x', '--without-pkce', '--public'), { code: 1, text: /--without-pkce/ });
  const action = await create('--preset', 'chatgpt-action', '--redirect-uri', callback);
  t.equal(
    (await run('update', String(action['client_id']), '--add-redirect-uri', 'http://localhost/x')).code,
    1,
  );
  const seeded = appOf(await create('--name', 'Seeded', '--redirect-uri', callback));
  const sneaky = await world.register({
    redirect_uris: [callback],
    token_endpoint_auth_method: 'client_secret_post',
    may_omit_pkce: true,
    resource_server: 'http://localhost:8082/mcp',
  });
  const ask = (app: App) => {
    const attempt = world.authorization(app, { redirect_uri: callback, ...withoutChallenge });
    return world.ask(`/auth${attempt.url.search}`);
  };
  t.match((await ask(seeded)).headers.get('Location'), /error=invalid_request/);
  t.match((await ask(sneaky)).text, /invalid_request: .*PKCE/);
  const { tokens } = await world.connect();
  const spy = await world.introspect(
    tokens.access_token,
    basic(sneaky.clientId, String(sneaky.clientSecret)),
  );
  t.equal(spy.text, '{"active":false}', 'nor does a registration make a resource server');
});

t.test('a seeded app’s secret is shown once, kept as a hash, and can be rotated', async (t) => {
  const { world, run, create } = await start(t);
  const redirectUri = 'https://claude.ai/api/mcp/auth_callback';
  const made = await create('--preset', 'claude', '--name', 'My Claude');
  const app = appOf(made);
  const { status, body } = await connectOver(world, app, { redirectUri });
  t.equal(status, 200);
  for (const args of [['show', app.clientId], ['list', '--json'], ['list']]) {
    const { text } = await run(...args);
    t.match(text, 'My Claude');
    t.notMatch(text, String(app.clientSecret));
    t.notMatch(text, hashOpaque(String(app.clientSecret)));
  }
  t.notOk((await world.storedBytes()).includes(String(app.clientSecret)));
  const rotated = JSON.parse((await run('rotate-secret', app.clientId, '--json')).text) as Record<
    string,
    string
  >;
  t.equal(
    (await world.refresh(app, body['refresh_token'])).body['error'],
    'invalid_client',
    'the old one ends',
  );
  t.equal((await world.refresh(appOf(rotated), body['refresh_token'])).status, 200, 'its connection goes on');
  t.match(await run('rotate-secret', 'nobody'), { code: 1, text: /no client nobody/ });
  const open = await create('--preset', 'vscode');
  t.notOk('client_secret' in open);
  t.match(await run('rotate-secret', String(open['client_id'])), { code: 1, text: /has no secret/ });
});

t.test('delete takes everything with it that was issued', async (t) => {
  const { world, run, create } = await start(t);
  const redirectUri = 'http://127.0.0.1:5000/callback';
  const app = appOf(
    await create('--name', 'Local', '--public', '--redirect-uri', 'http://127.0.0.1/callback'),
  );
  const { body } = await connectOver(world, app, { redirectUri });
  const other = await world.connect();
  t.match(await run('delete', app.clientId), { code: 0, text: /every token/ });
  t.notOk(await world.isActive(body['access_token']));
  t.equal((await world.refresh(app, body['refresh_token'])).status, 401);
  t.ok(await world.isActive(other.tokens.access_token));
  // an id that was made by chance may begin with a dash
  const registered = ['--', other.app.clientId];
  t.match(await run('update', '--name', 'x', ...registered), { code: 1, text: /describes itself/ });
  t.equal((await run('delete', ...registered)).code, 0, 'also what registered itself');
  t.notOk(await world.isActive(other.tokens.access_token));
});

t.test('--grant limits to codes, and wrong wishes are told by option', async (t) => {
  const { world, run, create } = await start(t);
  const app = appOf(
    await create('--name', 'Once', '--grant', 'authorization_code', '--redirect-uri', callback),
  );
  const { status, body } = await connectOver(world, app, { redirectUri: callback });
  t.equal(status, 200);
  t.notOk('refresh_token' in body);
  for (const [args, text] of [
    [[], /--name/],
    [['--name', 'x', '--grant', 'password'], /--grant: read "password"; allowed/],
    [['--name', 'x', '--public', '--auth-method', 'client_secret_post'], /different things/],
    [['--preset', 'nothing'], /preset/],
    [['--resource-server', 'https://x.example/', '--public'], /and --json only/],
    [['--resource-server', 'https://x.example/', '--scope', 'vault.read'], /--scope: vault\.read means/],
    [['--resource-server', 'https://x.example/', '--scope', 'a b'], /--scope: read "a b"; allowed/],
    [['--resource-server', 'https://x.example/', '--scope', 'a=\u202ex'], /characters that can be seen/],
    [['--resource-server', 'https://x.example/', '--scope', 'a', '--scope-ko', 'b=x'], /--scope-ko: "b"/],
    [['--name', 'x', '--scope-ko', 'b=x'], /go with --resource-server/],
    [['--resource-server', 'http://localhost:8082/mcp'], /loop-api's own/],
  ] as const) {
    const refused = await run(...args);
    t.equal(refused.code, 1, args.join(' '));
    t.match(refused.text, text);
  }
  t.equal(JSON.parse((await run('list', '--json')).text).length, 1, 'and nothing was made');
});

t.test('where people go after signing out is given, added and removed by hand', async (t) => {
  const { world, run, create } = await start(t);
  const bye = 'https://app.example/bye';
  const made = await create(
    ...['--name', 'Wiki', '--redirect-uri', callback, '--post-logout-redirect-uri', bye, `${bye}/2`],
  );
  t.same(made['post_logout_redirect_uris'], [bye, `${bye}/2`]);
  const app = appOf(made);
  const leads = async (uri: string): Promise<boolean> => {
    const query = new URLSearchParams({ client_id: app.clientId, post_logout_redirect_uri: uri });
    // Nobody is signed in, so that it goes on at once.
    const page = await new Browser().visit(`${world.issuer}/session/end?${query}`, uri);
    return page.url.href === uri;
  };
  t.ok(await leads(bye));
  t.notOk(await leads(`${bye}/3`));
  const add = await run('update', app.clientId, '--add-post-logout-redirect-uri', `${bye}/3`);
  t.match(add, { code: 0, text: /after they signed out to: .*bye\/3/ });
  await run('update', app.clientId, '--remove-post-logout-redirect-uri', bye, `${bye}/2`, '--name', 'Wiki 2');
  t.match(JSON.parse((await run('show', app.clientId)).text), {
    client_name: 'Wiki 2',
    redirect_uris: [callback],
    post_logout_redirect_uris: [`${bye}/3`],
  });
  t.notOk(await leads(bye));
  t.ok(await leads(`${bye}/3`));
  t.match(await run('update', app.clientId, '--remove-post-logout-redirect-uri', bye), {
    code: 1,
    text: bye,
  });
  t.match(await run('update', app.clientId, '--add-post-logout-redirect-uri', 'http://evil.example/'), {
    code: 1,
    text: /--post-logout-redirect-uri: .*https/,
  });
  await run('update', app.clientId, '--remove-post-logout-redirect-uri', `${bye}/3`);
  t.notOk('post_logout_redirect_uris' in JSON.parse((await run('show', app.clientId)).text));
});

t.test('identical registrations are one line with a count', async (t) => {
  const { world, run } = await start(t);
  for (let n = 0; n < 3; n += 1) await world.register({ client_name: 'Again' });
  await world.connect();
  const { text } = await run('list');
  t.match(text, /registered +Again +127\.0\.0\.1:40404 +no +required +3 +0 +\d{4}-\d\d-\d\d +several/);
  t.match(text, /registered +A test .* 1 +1 /);
});

t.test('another resource server: tokens for it can be had, and only it learns of them', async (t) => {
  const { world, run, create } = await start(t);
  const files = 'https://files.example/mcp';
  const app = await world.register();
  await t.rejects(world.connect({ app, parameters: { resource: files } }), /invalid_target/, 'not before');
  const server = await create('--resource-server', files, '--name', 'Files');
  const credentials = basic(String(server['client_id']), String(server['client_secret']));
  const attempt = world.authorization(app, { resource: files });
  const { status, body } = await world.exchange(app, await world.code(attempt), attempt);
  t.equal(status, 200);
  const seen = await world.introspect(body['access_token'], credentials);
  t.match(seen.body, { active: true, aud: files, scope: 'vault.read', client_id: app.clientId });
  t.notOk(await world.isActive(body['access_token']), 'loop-api does not');
  const vault = await world.connect();
  t.equal((await world.introspect(vault.tokens.access_token, credentials)).text, '{"active":false}');
  t.equal((await world.introspect(body['refresh_token'], credentials)).text, '{"active":false}');
  const refreshed = await world.refresh(app, body['refresh_token']);
  t.equal((await world.introspect(refreshed.body['access_token'], credentials)).body['aud'], files);

  const { status: authorize } = await world.ask(
    `/auth${world.authorization({ clientId: String(server['client_id']) }).url.search}`,
  );
  t.equal(authorize, 400, 'the credential is no app');
  t.match(await run('--resource-server', files), { code: 1, text: /has a credential/ });
  t.match((await run('list')).text, /resource server +Files +https:\/\/files\.example\/mcp/);
  await run('delete', String(server['client_id']));
  const gone = await world.refresh(app, refreshed.body['refresh_token']);
  t.equal(gone.body['error'], 'invalid_grant', 'without it there are no more tokens for that resource');
});

t.test('a resource server’s scopes and words are given, changed and taken away by hand', async (t) => {
  const { world, run, create } = await start(t);
  const [files, older] = ['https://files.example/mcp', 'https://files.example/sse'];
  const made = await create(
    ...['--resource-server', files, older, '--name', 'Files', '--name-ko', '파일'],
    ...['--scope', 'files.read=Read files', 'files.write', '--scope-ko', 'files.read=파일 읽기'],
  );
  const id = String(made['client_id']);
  const said = [
    { scope: 'files.read', words: { en: 'Read files', ko: '파일 읽기' } },
    { scope: 'files.write', words: {} },
  ];
  t.match(made, { resources: [{ resource: files, names: { en: 'Files', ko: '파일' }, scopes: said }, {}] });
  const credentials = basic(id, String(made['client_secret']));
  const asked = { resource: files, scope: undefined };
  const { app, tokens } = await world.connect({ parameters: asked });
  t.equal(tokens.scope, 'files.read files.write');
  t.match(await run('update', id, '--resource-server', files, '--name', 'F', '--scope', 'files.all'), {
    code: 0,
    text: /files\.example\/mcp +\(files\.all\)\n.*sse +\(files\.read files\.write\)/,
  });
  t.equal((await world.connect({ app, parameters: asked })).tokens.scope, 'files.all');
  t.match(await run('update', id, '--scope', 'files.x'), { code: 1, text: /by --resource-server which/ });
  t.match(await run('update', id, '--remove-resource-server', 'https://x.example/'), { code: 1 });
  t.equal((await run('update', id, '--remove-resource-server', files)).code, 0);
  t.equal((await world.introspect(tokens.access_token, credentials)).text, '{"active":false}');
  t.match((await run('list')).text, /resource server +Files +https:\/\/files\.example\/sse /);
  t.notMatch(JSON.parse((await run('show', id)).text), { resources: [{ resource: files }] });
  const again = await run('--resource-server', older);
  t.match(again, { code: 1, text: `has a credential (${id})` });
});

t.test('what is done to a client leaves a line each in the trail, with its id and no secret', async (t) => {
  const { run, world } = await start(t);
  const made = await run('--name', 'Wiki', '--redirect-uri', callback, '--json');
  const app = JSON.parse(made.text) as { client_id: string; client_secret: string };
  const clientId = app.client_id;
  const ends = [
    made,
    await run('update', clientId, '--name', 'Wiki 2'),
    await run('rotate-secret', clientId, '--json'),
    await run('update', 'nobody', '--name', 'x'),
    await run('list'),
    await run('delete', clientId),
  ];
  t.same(
    ends.flatMap(({ trail }) => trail.map(({ event }) => event)),
    ['client.created', 'client.updated', 'client.secret_rotated', 'client.deleted'],
  );
  const trail = ends.flatMap((end) => end.trail);
  for (const line of trail) t.match(line, { level: 30, clientId, reason: 'operator' });
  const rotated = JSON.parse(String(ends[2]?.text)) as { client_secret: string };
  for (const secret of [app.client_secret, rotated.client_secret, 'Wiki', 'nobody'])
    t.notMatch(JSON.stringify(trail), secret);
  const connected = await world.connect();
  const { trail: gone } = await run('delete', connected.app.clientId);
  t.match(gone, [
    { event: 'client.deleted', clientId: connected.app.clientId },
    { event: 'connection.revoked', clientId: connected.app.clientId, grantId: String, accountId: String },
  ]);
});
