// Sign-in and consent as a person meets them, and as an attacker would like them.
import t from 'tap';
import { passkeyScriptHash, scriptHash } from '../../../pages/templates.ts';
import { Browser, type Page } from '../../../scripts/demo/browser.ts';
import { authorizeInBrowser } from '../../../scripts/demo/sign-in.ts';
import { type App, addAccount, ann, type LoopAuth, present, startLoopAuth } from '../../support/loop-auth.ts';
import { hashEachTime } from '../../support/remembered-hashes.ts';

async function openSignIn(world: LoopAuth, app: App, browser: Browser): Promise<Page> {
  return browser.visit(world.authorization(app).url);
}

/** A form sent as the test says, not as a browser would. */
function send(browser: Browser, page: Page, fields: Record<string, string>, headers: Record<string, string>) {
  return browser.visit(page.url, undefined, { method: 'POST', body: present(fields), headers });
}

t.test(
  'the sign-in names the app and where it leads; the consent says what can be chosen, and who is signed in',
  async (t) => {
    const world = await startLoopAuth(t);
    const app = await world.register({
      client_name: 'Notes Robot',
      client_uri: 'https://robot.example/about',
      redirect_uris: ['https://robot.example/cb'],
    });
    const browser = new Browser();
    const parameters = {
      redirect_uri: 'https://robot.example/cb',
      scope: 'openid profile vault.read vault.write',
    };
    const signIn = await browser.visit(world.authorization(app, parameters).url);
    t.match(signIn.text, 'Notes Robot');
    t.match(signIn.text, 'robot.example');
    const consent = await browser.submit(signIn, { ...ann });
    t.match(consent.text, 'name="decision" value="allow"');
    t.match(consent.text, 'name="decision" value="deny"');
    for (const words of ['Notes Robot', 'robot.example', 'name="access"', 'your username', 'ann']) {
      t.match(consent.text, words);
    }
    t.notMatch(consent.text, 'on your own computer');
    const local = await browser.visit(world.authorization(await world.register()).url);
    t.match(local.text, 'on your own computer', 'an app on this computer comes with a warning');
  },
);

t.test('what an app calls itself is text on every page, never markup', async (t) => {
  const world = await startLoopAuth(t);
  const name = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202egnp`;
  const app = await world.register({ client_name: name, client_uri: 'https://x.example/"><script>' });
  const browser = new Browser();
  const signIn = await openSignIn(world, app, browser);
  const wrong = await browser.submit(signIn, { username: '"><script>x</script>', password: 'wrong' });
  const consent = await browser.submit(signIn, { ...ann });
  for (const page of [signIn, wrong, consent]) {
    t.notMatch(page.text, /<script(?! data-path=)|<img|\u202e/);
    t.match(page.text, '&lt;script&gt;');
  }
});

t.test('every page keeps others from framing it, running in it or learning where it was', async (t) => {
  const world = await startLoopAuth(t, { settings: { AUTH_ISSUER: 'https://auth.example' } });
  const app = await world.register();
  const { search } = world.authorization(app).url;
  const redirect = await world.ask(`/auth${search}`);
  const cookie = redirect.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const { pathname } = new URL(redirect.headers.get('Location') ?? '', world.issuer);
  for (const path of [
    pathname,
    '/auth?client_id=gone',
    '/interaction/other',
    '/session/end/success',
    '/account/x',
  ]) {
    const { headers } = await world.ask(path, { headers: { Cookie: cookie, Accept: 'text/html' } });
    t.match(headers.get('Content-Type'), 'text/html', path);
    const policy = headers.get('Content-Security-Policy') ?? '';
    t.match(policy, "default-src 'none'");
    t.match(policy, `script-src ${scriptHash} ${passkeyScriptHash}; `, 'two scripts, and no other');
    t.match(policy, "frame-ancestors 'none'");
    t.match(policy, "base-uri 'none'");
    t.notMatch(policy, /unsafe|\*|form-action/);
    t.equal(headers.get('X-Frame-Options'), 'DENY');
    t.equal(headers.get('X-Content-Type-Options'), 'nosniff');
    t.equal(headers.get('Referrer-Policy'), 'same-origin');
    t.equal(headers.get('Cache-Control'), 'no-store');
    t.match(headers.get('Strict-Transport-Security'), 'max-age=');
    t.equal(headers.get('Cross-Origin-Opener-Policy'), null, 'apps open the sign-in in a popup');
  }
});

t.test(
  'a wrong password, an unknown name and a disabled account look the same and cost the same',
  async (t) => {
    hashEachTime(t);
    const world = await startLoopAuth(t);
    const bob = { username: 'bob', password: 'what Bob says' };
    const id = await addAccount(world.database, bob);
    await world.database.commit([
      { statement: { sql: 'UPDATE accounts SET disabled_at = 1 WHERE id = ?', slots: [id] }, values: {} },
    ]);
    const browser = new Browser();
    const page = await openSignIn(world, await world.register(), browser);
    const tries = [
      { username: ann.username, password: 'a guess of mine' },
      { username: 'nobody', password: 'a guess of mine' },
      bob,
      { username: '', password: '' },
    ];
    const texts = new Set<string>();
    const times: number[] = [];
    for (const fields of tries) {
      const before = process.cpuUsage();
      const { status, text } = await browser.submit(page, fields);
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
      t.equal(status, 401, fields.username);
      t.notOk(fields.password !== '' && text.includes(fields.password), 'the password is not shown again');
      texts.add(text.replace(/value="[^"]*"/g, '').replace(/ autofocus/g, ''));
    }
    t.equal(texts.size, 1, 'the same words');
    t.ok(Math.min(...times) > Math.max(...times) / 10, `similar cost: ${times.map(Math.round)} ms`);
  },
);

t.test('a name is found in any case, with blanks around it', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const page = await openSignIn(world, await world.register(), browser);
  const next = await browser.submit(page, { username: ' ANN ', password: ann.password });
  t.match(next.text, 'name="decision"');
});

t.test('guessing one account from one address is slowed', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const page = await openSignIn(world, await world.register(), browser);
  const guesses = Array.from({ length: 10 }, (_, n) => ({ username: 'ann', password: `guess ${n}` }));
  const answers = await Promise.all(guesses.map((guess) => browser.submit(page, guess)));
  t.ok(answers.every(({ status }) => status === 401));
  const refused = await browser.submit(page, { ...ann });
  t.equal(refused.status, 429, 'even the right password has to wait');
  t.match(
    refused.text,
    /works again at \d{1,2}:\d{2}\s[AP]M \(UTC\)[\s\S]*docker compose exec/,
    'until when, and the way out',
  );
  t.match(refused.headers.get('Retry-After'), /^[1-9]\d*$/);
  t.match(refused.text, 'Too many tries');
  t.match(refused.text, 'name="password"', 'and the form is there to try again');
});

t.test('a form from another site is refused before anything is looked at', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const signIn = await openSignIn(world, await world.register(), browser);
  const foreign = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site', Origin: new URL(world.issuer).origin },
    { 'Sec-Fetch-Site': 'same-site', Origin: new URL(world.issuer).origin },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://evil.example' },
    { 'Sec-Fetch-Site': 'none', Origin: 'null' },
  ];
  for (const headers of foreign) {
    t.equal((await send(browser, signIn, { ...ann }, headers)).status, 403, JSON.stringify(headers));
  }
  const consent = await browser.submit(signIn, { ...ann });
  t.match(consent.text, 'name="decision"');
  for (const headers of foreign) {
    t.equal((await send(browser, consent, { decision: 'allow' }, headers)).status, 403);
  }
  t.equal((await send(browser, consent, { decision: 'maybe' }, {})).status, 400, 'neither allow nor deny');
  t.equal((await send(browser, consent, {}, {})).status, 400, 'nothing');
});

t.test('a sign-in page is good in its own browser only', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const victim = new Browser();
  const attacker = new Browser();
  const theirs = await openSignIn(world, app, attacker);
  await openSignIn(world, app, victim);
  for (const browser of [victim, new Browser()]) {
    const followed = await browser.visit(theirs.url);
    t.equal(followed.status, 400, 'following a link to the page of another');
    t.match(followed.text, 'sign-in is over');
    t.equal((await send(browser, theirs, { ...ann }, {})).status, 400, 'sending its form');
  }
  const forged = await fetch(theirs.url, {
    headers: { Cookie: `loop_interaction=${theirs.url.pathname.split('/')[2]}` },
  });
  t.equal(forged.status, 400, 'a cookie without its signature is none');
});

t.test('the cookie of another sign-in of the same browser opens no page', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const begin = async (): Promise<{ path: string; cookie: string }> => {
    const { headers } = await world.ask(`/auth${world.authorization(app).url.search}`);
    const cookies = headers.getSetCookie().map((one) => one.split(';')[0]);
    return {
      path: new URL(headers.get('Location') ?? '', world.issuer).pathname,
      cookie: cookies.join('; '),
    };
  };
  const [one, other] = [await begin(), await begin()];
  for (const init of [{}, { method: 'POST', body: new URLSearchParams({ ...ann }) }]) {
    const answer = await world.ask(other.path, { ...init, headers: { Cookie: one.cookie } });
    t.equal(answer.status, 400);
    t.match(answer.text, 'sign-in is over');
  }
  t.equal((await world.ask(other.path, { headers: { Cookie: other.cookie } })).status, 200);
});

t.test('the grant holds exactly what the page showed', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const app = await world.register();
  await world.code(world.authorization(app), browser);
  const seen = new Set<string>();
  for (const scope of [
    'vault.read',
    'vault.write',
    'openid',
    'openid vault.read',
    'openid profile offline_access vault.read vault.write',
  ]) {
    const page = await browser.visit(world.authorization(app, { scope }).url);
    t.equal(page.text.includes('name="access"'), scope.includes('vault.write'), scope);
    t.equal(page.text.includes('none of your notes'), !scope.includes('vault.'), scope);
    t.equal(page.text.includes('your username'), scope.includes('profile'), scope);
    const known = await grantIds(world);
    await browser.submit(page, { decision: 'allow' }, 'http://127.0.0.1:40404/callback');
    const [made] = (await grantIds(world)).filter((id) => !known.includes(id));
    const rows = await world.database.all(
      { sql: 'SELECT payload FROM grants WHERE id = ?', slots: [String(made)] },
      {},
    );
    const { openid, resources = {} } = JSON.parse(String(rows[0]?.['payload'])) as Record<
      string,
      Record<string, string>
    >;
    const held = [
      ...(openid?.['scope'] ?? '').split(' '),
      ...Object.values(resources).flatMap((one) => one.split(' ')),
    ];
    t.same(held.filter(Boolean).sort(), scope.split(' ').sort(), scope);
    t.same(Object.keys(resources), scope.includes('vault.') ? ['http://localhost:8082/mcp'] : []);
    seen.add(String(made));
  }
  t.equal(seen.size, 5, 'a grant each');
});

async function grantIds(world: LoopAuth): Promise<string[]> {
  return (await world.database.all({ sql: 'SELECT id FROM grants', slots: [] }, {})).map(({ id }) =>
    String(id),
  );
}

t.test(
  'an app that asks only who one is says so on its pages; what an operator made is called that',
  async (t) => {
    const world = await startLoopAuth(t);
    const browser = new Browser();
    const app = await world.seed({ name: 'Family wiki' });
    const way = { redirect_uri: 'https://app.example/callback', scope: 'openid profile' };
    const signIn = await browser.visit(world.authorization(app, way).url);
    const consent = await browser.submit(signIn, { ...ann });
    t.match(signIn.text, /Sign in to .*“Family wiki”.* with loop/);
    t.match(consent.text, /Sign in to .*“Family wiki”.* with loop\?/);
    t.match(consent.text, 'Whoever runs this server gave the app its name');
    t.match(consent.text, 'none of your notes');
    for (const { text } of [signIn, consent]) t.notMatch(text, /your vault|use your notes|not verified/);
    const more = await browser.visit(world.authorization(app, { ...way, scope: 'openid vault.read' }).url);
    t.match(more.text, 'wants to use your notes');
    const stranger = await world.register({ client_name: 'Family wiki' });
    const theirs = await browser.visit(world.authorization(stranger, { scope: 'openid' }).url);
    t.match(theirs.text, 'Name not verified');
  },
);

t.test('signing in gives the session a new id', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  const idsThere = async (): Promise<Map<string, string>> => {
    const cookies = await browser.cookiesFor(world.issuer);
    return new Map(cookies.split('; ').map((one) => one.split('=') as [string, string]));
  };
  // A session can exist before anyone signed in: asking to sign out makes one.
  await browser.visit(`${world.issuer}/session/end`);
  const planted = await idsThere();
  t.ok(planted.get('loop_session'));
  await world.code(world.authorization(app), browser);
  const first = await idsThere();
  t.not(first.get('loop_session'), planted.get('loop_session'), 'what was known before opens nothing');
  const page = await browser.visit(world.authorization(app, { prompt: 'login' }).url);
  t.match(page.text, 'name="password"', 'prompt=login asks again');
  await browser.submit(page, { ...ann });
  t.not((await idsThere()).get('loop_session'), first.get('loop_session'));
  const old = [...planted].map(([name, value]) => `${name}=${value}`).join('; ');
  const attacker = await world.ask(`/auth${world.authorization(app).url.search}`, {
    headers: { Cookie: old },
  });
  const next = attacker.headers.get('Location') ?? '';
  const cookies = attacker.headers.getSetCookie().map((one) => one.split(';')[0]);
  const shown = await world.ask(next.replace(world.issuer, ''), {
    headers: { Cookie: [old, ...cookies].join('; ') },
  });
  t.match(shown.text, 'name="password"', 'the planted session is not signed in');
});

t.test('who signs in as someone else ends the session of the first', async (t) => {
  const world = await startLoopAuth(t);
  const eve = { username: 'eve', password: 'what only Eve knows' };
  await addAccount(world.database, eve);
  const app = await world.register();
  const browser = new Browser();
  await world.code(world.authorization(app), browser);
  const page = await browser.visit(world.authorization(app, { prompt: 'login' }).url);
  const before = await browser.cookiesFor(world.issuer);
  const consent = await browser.submit(page, eve);
  t.match(consent.text, 'name="decision"');
  t.match(consent.text, '>eve<');
  const old = await world.ask('/account', { headers: { Cookie: before } });
  t.match(old.text, 'name="password"', 'the session of the first opens nothing any more');
});

t.test('Deny takes the person back with access_denied, and nothing is granted', async (t) => {
  const world = await startLoopAuth(t);
  const attempt = world.authorization(await world.register());
  const { searchParams } = await authorizeInBrowser(attempt.url, ann, { decision: 'deny' });
  t.equal(searchParams.get('error'), 'access_denied');
  t.equal(searchParams.get('state'), attempt.state);
  t.equal(searchParams.get('iss'), world.issuer);
  t.equal(searchParams.get('code'), null);
  t.same(await world.database.all({ sql: 'SELECT id FROM grants', slots: [] }, {}), []);
});

t.test('every authorization asks for consent anew, and grants what it showed only', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  const { tokens } = await world.connect({ app, browser, parameters: { scope: 'vault.read vault.write' } });
  t.equal(tokens.scope, 'vault.read vault.write');
  for (const scope of ['vault.read', 'vault.read vault.write', 'vault.read made.up']) {
    const page = await browser.visit(world.authorization(app, { scope }).url);
    t.match(page.text, 'name="decision"', `asks again for ${scope}`);
    t.equal(page.text.includes('name="access"'), scope.includes('vault.write'));
  }
  const { tokens: less } = await world.connect({ app, browser, parameters: { scope: 'vault.read' } });
  t.equal(less.scope, 'vault.read', 'an earlier yes to more gives nothing more');
  const silent = world.authorization(app, { prompt: 'none' });
  const answer = await authorizeInBrowser(silent.url, ann, { browser });
  t.match(answer.searchParams.get('error'), /^(consent|interaction)_required$/);
});

t.test('two apps in two tabs of one browser each get what was allowed to them', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const stopAt = 'http://127.0.0.1:40404/callback';
  const apps = [await world.register({ client_name: 'One' }), await world.register({ client_name: 'Two' })];
  const attempts = apps.map((app, n) =>
    world.authorization(app, { scope: n === 0 ? 'vault.read' : 'vault.write' }),
  );
  const [one, two] = attempts;
  if (!one || !two || !apps[0] || !apps[1]) return;
  const signIns = [await browser.visit(one.url), await browser.visit(two.url)] as const;
  const second = await browser.submit(signIns[1], { ...ann });
  const first = await browser.submit(signIns[0], { ...ann });
  t.match(first.text, '“One”');
  t.match(second.text, '“Two”');
  const gone = await browser.submit(second, { decision: 'allow' }, stopAt);
  const done = await browser.submit(first, { decision: 'allow' }, stopAt);
  const codes = [done, gone].map(({ url }) => String(url.searchParams.get('code')));
  const tokens = [
    await world.exchange(apps[0], codes[0] ?? '', one),
    await world.exchange(apps[1], codes[1] ?? '', two),
  ];
  t.equal(tokens[0]?.body['scope'], 'vault.read');
  t.equal(tokens[1]?.body['scope'], 'vault.write');
});

t.test('a finished sign-in is over: going back and sending again gives no second code', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  const { url } = world.authorization(app);
  const consent = await browser.submit(await browser.visit(url), { ...ann });
  const stopAt = 'http://127.0.0.1:40404/callback';
  const done = await browser.submit(consent, { decision: 'allow' }, stopAt);
  t.ok(done.url.searchParams.get('code'));
  const again = await browser.submit(consent, { decision: 'allow' }, stopAt);
  t.equal(again.status, 400);
  t.match(again.text, 'sign-in is over');
});

t.test('odd parameters and forms of a person who is signed in are answered without 5xx', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  const { tokens } = await world.connect({ app, browser, parameters: { scope: 'openid vault.read' } });
  const idToken = (tokens as unknown as { id_token: string }).id_token;
  const cases: readonly Record<string, string>[] = [
    { id_token_hint: idToken, scope: 'openid' },
    { id_token_hint: `${idToken}x`, scope: 'openid' },
    { id_token_hint: 'a.b.c', scope: 'openid' },
    { id_token_hint: 'x' },
    { login_hint: '\0<b>'.repeat(500) },
    { max_age: '0' },
    { max_age: '1' },
    { max_age: '-1' },
    { max_age: '99999999999999999999' },
    { max_age: 'soon' },
    { prompt: 'login' },
    { prompt: 'consent' },
    { prompt: 'login consent' },
    { prompt: 'none' },
    { claims: '{"id_token":{"sub":{"value":"x"}}}', scope: 'openid' },
    { claims: '{"userinfo":null,"id_token":7}', scope: 'openid' },
    { acr_values: 'a b c'.repeat(100) },
    { ui_locales: 'ko <x>' },
    { response_mode: 'form_post' },
    { response_mode: 'fragment' },
    { nonce: 'n'.repeat(8000), scope: 'openid' },
    { state: '\u0000\ud83d\r\nX: y' },
  ];
  let formsTried = 0;
  for (const parameters of cases) {
    const what = JSON.stringify(parameters).slice(0, 60);
    const page = await browser.visit(
      world.authorization(app, parameters).url,
      'http://127.0.0.1:40404/callback',
    );
    t.ok(page.status < 500, `${what}: ${page.status}`);
    if (!page.url.pathname.startsWith('/interaction/') || formsTried === 3) continue;
    formsTried += 1;
    for (const body of [
      'decision[]=allow',
      'decision=allow&decision=deny',
      '%',
      '=',
      'username[a]=b&password=',
      '\u0000',
    ]) {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const answer = await browser.visit(page.url, undefined, { method: 'POST', body, headers });
      t.ok(answer.status >= 400 && answer.status < 500, `${what}, ${body}: ${answer.status}`);
    }
    for (const [type, body] of [
      ['application/json', '{"decision":"allow"}'],
      ['text/plain', 'decision=allow'],
      ['application/x-www-form-urlencoded', `username=${'x'.repeat(20_000)}`],
    ] as const) {
      const answer = await browser.visit(page.url, undefined, {
        method: 'POST',
        body,
        headers: { 'Content-Type': type },
      });
      t.ok(answer.status >= 400 && answer.status < 500, `${what}, ${type}: ${answer.status}`);
    }
  }
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const { status } = await world.ask('/interaction/x', { method });
    t.ok(status >= 400 && status < 500, method);
  }
});
