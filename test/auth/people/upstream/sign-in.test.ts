// Signing in by an identity provider beside loop-auth: who is let in, to which account, and what is not believed.
import { decodeJwt } from 'jose';
import t from 'tap';
import { compile } from '../../../../adapters/database/statement.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { Browser, type Page } from '../../../../scripts/demo/browser.ts';
import { shiftClock } from '../../../support/clock.ts';
import { asksForCode, codeOf, isSignedIn, openSecurity, turnOnCodes } from '../../../support/codes.ts';
import { addAccount, ann, type LoopAuth, redirectUri } from '../../../support/loop-auth.ts';
import { pressProvider, startWithProvider, upstreamSecret } from '../../../support/upstream.ts';

t.setTimeout(180_000);

const callback = '/signin/upstream/callback';

const sameOrigin = ({ issuer }: LoopAuth) => ({
  Origin: new URL(issuer).origin,
  'Sec-Fetch-Site': 'same-origin',
});

async function signIn(loop: LoopAuth, browser = new Browser()): Promise<Page> {
  return pressProvider(browser, await browser.visit(`${loop.issuer}/account`));
}

const accountsOf = async ({ database }: LoopAuth): Promise<string[]> =>
  (await database.all(compile(database.builder('accounts').orderBy('display_name')), {})).map((row) =>
    String(row['display_name']),
  );

/** The way back that the provider gave a browser which stopped in front of it. */
async function stopAtCallback(loop: LoopAuth, browser: Browser): Promise<URL> {
  const page = await browser.visit(`${loop.issuer}/account`);
  return (await pressProvider(browser, page, loop.issuer + callback)).url;
}

t.test('whoever is named comes in, to an account that is made once and found again', async (t) => {
  const { loop, provider } = await startWithProvider(t);
  provider.claims['preferred_username'] = 'Ann Kim';
  const page = await signIn(loop);
  t.ok(isSignedIn(page), page.text.slice(0, 300));
  t.equal(page.url.href, `${loop.issuer}/account`);
  t.match(page.text, 'Ann Kim');
  provider.claims['preferred_username'] = 'another name by now';
  t.ok(isSignedIn(await signIn(loop)), 'from another browser');
  t.same(await accountsOf(loop), ['Ann Kim']);
  const [visit = {}] = provider.visits;
  t.match(visit, { response_type: 'code', code_challenge_method: 'S256', client_id: 'loop' });
  t.equal(visit['redirect_uri'], loop.issuer + callback);
  t.ok(visit['nonce'] && visit['state'] && visit['code_challenge']);
  await loop.storeTries();
  const browser = new Browser();
  await signIn(loop, browser);
  const { text } = await browser.visit(`${loop.issuer}/account/activity`);
  t.match(text, 'Signed in with the identity provider');
});

t.test('an app connects by it, and is told by what the provider says the person was known', async (t) => {
  const { loop, provider } = await startWithProvider(t);
  Object.assign(provider.claims, { amr: ['pwd', 'otp', 'mfa', 'ngcmfa'], acr: 'http://acr.example/9' });
  const app = await loop.register();
  const attempt = loop.authorization(app, { scope: 'openid vault.read' });
  const browser = new Browser();
  const consent = await pressProvider(browser, await browser.visit(attempt.url, redirectUri), redirectUri);
  t.match(consent.text, 'name="decision"');
  const { url } = await browser.submit(consent, { decision: 'allow' }, redirectUri);
  const { body } = await loop.exchange(app, url.searchParams.get('code') ?? '', attempt);
  t.match(decodeJwt(String(body['id_token'])), { amr: ['mfa', 'otp', 'pwd'], acr: '2' });
  t.ok(await loop.isActive(body['access_token']));
});

t.test(
  'whoever is not named stays out: nobody by default, and no address that was not checked',
  async (t) => {
    const { loop, provider } = await startWithProvider(t, {
      AUTH_UPSTREAM_ALLOW: 'ann@example.com, sub:bob-there, group:family',
    });
    const refused: readonly Record<string, unknown>[] = [
      { sub: 'x' },
      { sub: 'x', email: 'eve@example.com', email_verified: true },
      { sub: 'x', email: 'ann@example.com' },
      { sub: 'x', email: 'ann@example.com', email_verified: false },
      { sub: 'x', email: 'ann@example.com', email_verified: 'true' },
      { sub: 'x', email: 'ann@example.com.evil.example', email_verified: true },
      { sub: 'Bob-there' },
      { sub: 'x', groups: ['familyfriends', 'Family'] },
      { sub: 'x', groups: 'family' },
      { sub: 'x', preferred_username: 'ann@example.com', name: 'bob-there' },
    ];
    for (const claims of refused) {
      provider.claims = claims;
      const page = await signIn(loop);
      t.equal(page.status, 403, JSON.stringify(claims));
      t.match(page.text, 'not open to that account');
      t.match(page.text, 'value="anew"', 'the way out is another account there');
    }
    t.same(await accountsOf(loop), [], 'and none has left an account');
    const allowed: readonly Record<string, unknown>[] = [
      { sub: '1', email: 'Ann@Example.com', email_verified: true },
      { sub: 'bob-there' },
      { sub: '3', groups: ['other', 'family'] },
    ];
    for (const claims of allowed) {
      provider.claims = claims;
      t.ok(isSignedIn(await signIn(loop)), JSON.stringify(claims));
    }
    // The address and that it was checked are one word: userinfo's must not vouch for the ID token's.
    provider.claims = { sub: 'x', email: 'ann@example.com' };
    provider.userinfo = { email: 'eve@example.com', email_verified: true };
    t.equal((await signIn(loop)).status, 403);
  },
);

t.test('nobody comes to an account of the same name or address that was not linked', async (t) => {
  const { loop, provider } = await startWithProvider(t, {}, { withoutAccount: false });
  Object.assign(provider.claims, { preferred_username: ann.username, name: ann.username });
  const page = await signIn(loop);
  t.ok(isSignedIn(page));
  t.same(await accountsOf(loop), ['ann', 'ann 2'], 'the other account is a new one');
  t.match(page.text, 'ann 2');
});

t.test(
  'its owner links an account with a fresh password, signs in by it, and removes the link',
  async (t) => {
    const clock = shiftClock(t);
    const { loop, provider } = await startWithProvider(t, {}, { withoutAccount: false });
    const browser = new Browser();
    const security = await openSecurity(loop, browser);
    t.match(security.text, 'Link with Home');
    clock.advance(360);
    const again = await browser.submit(security, { action: 'link' });
    t.match(again.text, 'name="password"', 'asked once more');
    const back = await browser.submit(again, { ...ann });
    const linked = await browser.submit(
      { ...back, text: back.text.slice(back.text.indexOf('security/upstream') - 60) },
      { action: 'link' },
    );
    t.match(linked.text, 'Linked with');
    t.same(await accountsOf(loop), ['ann']);
    const other = new Browser();
    t.match((await signIn(loop, other)).text, '<bdi>ann</bdi>');
    t.same(await accountsOf(loop), ['ann'], 'it is the same account');

    provider.claims['sub'] = 'somebody-else';
    const fresh = await openSecurity(loop, browser);
    const removed = await browser.submit(
      { ...fresh, text: fresh.text.slice(fresh.text.indexOf('security/upstream') - 60) },
      { action: 'unlink' },
    );
    t.match(removed.text, 'The link is removed');
    provider.claims['sub'] = 'ann-there';
    t.ok(isSignedIn(await signIn(loop)));
    t.equal((await accountsOf(loop)).length, 2, 'whoever signs in now comes to an account of their own');
    await loop.storeTries();
    const { text } = await browser.visit(`${loop.issuer}/account/activity`);
    t.match(text, 'An account of the identity provider was linked');
    t.match(text, 'The link with the identity provider was removed');
  },
);

t.test('a link belongs to one account, and is made for the session that asked for it alone', async (t) => {
  const { loop, provider } = await startWithProvider(t, {}, { withoutAccount: false });
  await signIn(loop);
  const browser = new Browser();
  const security = await openSecurity(loop, browser);
  const from = { ...security, text: security.text.slice(security.text.indexOf('security/upstream') - 60) };
  const taken = await browser.submit(from, { action: 'link' });
  t.equal(taken.status, 409);
  t.match(taken.text, 'linked already');
  provider.claims['sub'] = 'nobody-yet';
  const { url } = await browser.submit(from, { action: 'link' }, loop.issuer + callback);
  await browser.visit(`${loop.issuer}/account/sign-out`, undefined, {
    method: 'POST',
    headers: sameOrigin(loop),
  });
  const bob = { username: 'bob', password: ann.password };
  await addAccount(loop.database, bob);
  await browser.submit(await browser.visit(`${loop.issuer}/account`), bob);
  const late = await browser.visit(url);
  t.equal(late.status, 400, 'who asked is signed out by now, and who is signed in did not ask');
  t.match(late.text, 'This sign-in is over');
});

t.test('a closed account stays closed', async (t) => {
  const { loop } = await startWithProvider(t);
  await signIn(loop);
  const accounts = new AccountStore(loop.database);
  const [id = ''] = await accounts.listIds();
  await accounts.setDisabled(id, true);
  const page = await signIn(loop);
  t.equal(page.status, 403);
  t.match(page.text, 'This account is closed');
  t.equal((await accounts.listIds()).length, 1);
});

t.test('an account with codes is asked for one after the provider, too', async (t) => {
  const clock = shiftClock(t);
  const { loop } = await startWithProvider(t, {}, { withoutAccount: false });
  const browser = new Browser();
  const security = await openSecurity(loop, browser);
  await browser.submit(
    { ...security, text: security.text.slice(security.text.indexOf('security/upstream') - 60) },
    { action: 'link' },
  );
  const { secret } = await turnOnCodes(loop, browser);
  clock.advance(60);
  const other = new Browser();
  const asked = await signIn(loop, other);
  t.ok(asksForCode(asked));
  t.match(asked.text, 'Home</bdi> has signed you in');
  t.notOk(isSignedIn(await other.visit(`${loop.issuer}/account`)));
  const page = await other.submit(asked, { code: codeOf(secret) });
  t.ok(isSignedIn(page));

  const app = await loop.register();
  const attempt = loop.authorization(app, { scope: 'openid vault.read' });
  clock.advance(60);
  const third = new Browser();
  const code = await pressProvider(third, await third.visit(attempt.url, redirectUri), redirectUri);
  const consent = await third.submit(code, { code: codeOf(secret) }, redirectUri);
  const { url } = await third.submit(consent, { decision: 'allow' }, redirectUri);
  const { body } = await loop.exchange(app, url.searchParams.get('code') ?? '', attempt);
  t.match(decodeJwt(String(body['id_token'])), { amr: ['otp', 'mfa'], acr: '2' }, 'no password was shown');
});

t.test('a code from another browser signs nobody in', async (t) => {
  const { loop, provider } = await startWithProvider(t);
  const [attacker, victim] = [new Browser(), new Browser()];
  const stolen = await stopAtCallback(loop, attacker);
  const bare = await victim.visit(stolen);
  t.equal(bare.status, 400);
  t.match(bare.text, 'began in another browser');
  t.notOk(isSignedIn(bare));
  // Also where the victim has a sign-in of their own under way.
  const own = await stopAtCallback(loop, victim);
  t.equal((await victim.visit(stolen)).status, 400);
  const mixed = new URL(own);
  mixed.searchParams.set('code', String(stolen.searchParams.get('code')));
  const page = await victim.visit(mixed);
  t.equal(page.status, 400, 'nor under the victim’s own state: code and verifier belong together');
  t.notOk(isSignedIn(await victim.visit(`${loop.issuer}/account`)));
  const app = await loop.register();
  const begun = await attacker.visit(loop.authorization(app).url, redirectUri);
  const ofApp = (await pressProvider(attacker, begun, loop.issuer + callback)).url;
  t.equal((await victim.visit(ofApp)).status, 400, 'nor a sign-in for an app');
  t.equal(provider.exchanges.filter(({ code }) => code === ofApp.searchParams.get('code')).length, 0);
});

t.test('a way back is good once and for ten minutes, and only with its own state', async (t) => {
  const clock = shiftClock(t);
  const { loop, provider } = await startWithProvider(t);
  const browser = new Browser();
  const url = await stopAtCallback(loop, browser);
  for (const state of ['', 'x', 'x'.repeat(43)]) {
    const foreign = new URL(url);
    foreign.searchParams.set('state', state);
    const page = await browser.visit(foreign);
    t.equal(page.status, 400);
    t.match(page.text, 'This sign-in is over');
  }
  t.equal(provider.exchanges.length, 0, 'the provider was asked nothing');
  t.ok(isSignedIn(await browser.visit(url)));
  t.equal((await browser.visit(url)).status, 400);
  const other = new Browser();
  const late = await stopAtCallback(loop, other);
  clock.advance(601);
  t.equal((await other.visit(late)).status, 400);
  t.equal(provider.exchanges.length, 1);
});

t.test('what does not fit or was not signed by the provider is not believed', async (t) => {
  const { loop, provider } = await startWithProvider(t);
  const cases: ReadonlyArray<readonly [string, Partial<typeof provider>]> = [
    ['another nonce', { lies: { nonce: 'another' } }],
    ['no nonce', { lies: { nonce: undefined } }],
    ['another issuer', { lies: { iss: 'https://evil.example' } }],
    ['for another app', { lies: { aud: 'another' } }],
    ['over', { lies: { exp: 1, iat: 0 } }],
    ['another key', { signing: 'another key' }],
    ['alg none', { signing: 'none' }],
    ['the answer of another provider', { answerIssuer: 'https://evil.example' }],
    ['an answer that says no issuer', { answerIssuer: null }],
  ];
  for (const [name, lie] of cases) {
    Object.assign(provider, { lies: {}, signing: 'right', answerIssuer: undefined }, lie);
    const page = await signIn(loop);
    t.equal(page.status, 400, name);
    t.match(page.text, 'was not believed', name);
    t.match(page.text, 'name="upstream"', 'and one can begin again');
  }
  t.same(await accountsOf(loop), []);
  Object.assign(provider, { lies: {}, signing: 'right', answerIssuer: undefined });
  t.ok(isSignedIn(await signIn(loop)));
});

t.test('stopping there and errors are said as what they are, and lead nowhere else', async (t) => {
  const { loop, provider } = await startWithProvider(t);
  for (const [error, status, said] of [
    ['access_denied', 400, 'You stopped at Home'],
    ['invalid_scope', 400, 'did not sign you in'],
    ['temporarily_unavailable', 503, 'does not answer'],
  ] as const) {
    provider.error = error;
    const page = await signIn(loop);
    t.equal(page.status, status, error);
    t.match(page.text, said);
    const app = await loop.register();
    const browser = new Browser();
    const form = await browser.visit(loop.authorization(app).url, redirectUri);
    const inApp = await pressProvider(browser, form, redirectUri);
    t.equal(inApp.status, status, `${error}, for an app`);
    t.match(inApp.text, said);
    t.match(inApp.text, 'name="password"', 'the other way stays');
  }
  const text = loop.lines.join('\n');
  t.notMatch(text, upstreamSecret);
  const browser = new Browser();
  const page = await browser.visit(`${loop.issuer}/account`);
  provider.error = undefined;
  const away = await browser.submit(page, { upstream: 'yes', back: 'https://evil.example/' });
  t.equal(away.url.origin, new URL(loop.issuer).origin);
});

t.test('ways back that come to nothing are counted by network, those that are good are not', async (t) => {
  const { loop, provider } = await startWithProvider(t);
  t.ok(isSignedIn(await signIn(loop)));
  provider.signing = 'another key';
  const browser = new Browser();
  let page = await signIn(loop, browser);
  for (let n = 0; n < 70 && page.status !== 429; n += 1) page = await pressProvider(browser, page);
  t.equal(page.status, 429);
  t.ok(Number(page.headers.get('Retry-After')) > 0);
  t.equal(provider.exchanges.length, 61);
});

t.test('with passwords turned off one goes straight there, and no password is taken', async (t) => {
  const { loop, provider } = await startWithProvider(
    t,
    { AUTH_LOCAL_SIGN_IN: 'off' },
    { withoutAccount: false },
  );
  const browser = new Browser();
  t.ok(isSignedIn(await browser.visit(`${loop.issuer}/account`)));
  const app = await loop.register();
  const consent = await new Browser().visit(loop.authorization(app).url, redirectUri);
  t.match(consent.text, 'name="decision"');

  provider.error = 'access_denied';
  const other = new Browser();
  const stopped = await other.visit(loop.authorization(app).url, redirectUri);
  t.match(stopped.text, 'You stopped at Home');
  t.notMatch(stopped.text, 'name="password"');
  const action = /action="([^"]*\/interaction\/[^"]+)"/.exec(stopped.text)?.[1] ?? '';
  const headers = sameOrigin(loop);
  const typed = await other.visit(new URL(action, loop.issuer), redirectUri, {
    method: 'POST',
    body: new URLSearchParams(ann),
    headers,
  });
  t.equal(typed.status, 403);
  t.match(typed.text, 'are turned off');
  const own = await new Browser().visit(`${loop.issuer}/account/sign-in`, undefined, {
    method: 'POST',
    body: new URLSearchParams(ann),
    headers,
  });
  t.equal(own.status, 403);
  t.notOk(isSignedIn(own));
});

t.test('who wants another account is asked at the provider which, and not sent there unasked', async (t) => {
  const { loop, provider } = await startWithProvider(t, { AUTH_LOCAL_SIGN_IN: 'off' });
  const app = await loop.register();
  const browser = new Browser();
  const consent = await browser.visit(loop.authorization(app).url, redirectUri);
  const page = await browser.submit(consent, { decision: 'other-account' }, redirectUri);
  t.match(page.text, 'name="upstream"');
  provider.claims = { sub: 'bob', email: 'ann@example.com', email_verified: true };
  const again = await pressProvider(browser, page, redirectUri);
  t.match(again.text, 'name="decision"');
  t.match(provider.visits.at(-1), { prompt: 'login', max_age: '300' });
  t.equal((await accountsOf(loop)).length, 2);
});

t.test(
  'before what is for a person alone the provider is to ask anew, and an older sign-in is not taken',
  async (t) => {
    const { loop, provider } = await startWithProvider(t, {}, { issuerHost: 'localhost' });
    const now = Math.floor(Date.now() / 1000);
    provider.claims['auth_time'] = now - 3600;
    const browser = new Browser();
    t.ok(isSignedIn(await signIn(loop, browser)), 'an hour ago is good enough to come in');
    const security = await browser.visit(`${loop.issuer}/account/security`);
    t.notMatch(security.text, 'name="current"', 'it has no password to change');
    t.notMatch(security.text, 'value="unlink"', 'nor another way in');
    const passkeys = `${loop.issuer}/account/security/passkeys`;
    const asked = await browser.visit(passkeys);
    t.match(asked.text, 'Sign in once more');
    t.notMatch(asked.text, 'name="password"');
    const stale = await pressProvider(browser, asked);
    t.match(provider.visits.at(-1), { prompt: 'login', max_age: '300' });
    t.equal(stale.status, 403);
    t.match(stale.text, 'did not ask again who you are');
    provider.claims['auth_time'] = now;
    const fresh = await pressProvider(browser, await browser.visit(passkeys));
    t.match(fresh.text, '<h1>Add a passkey</h1>');
    // A provider that does not say when is believed only where it was to ask.
    delete provider.claims['auth_time'];
    const other = new Browser();
    await signIn(loop, other);
    const unknown = await other.visit(passkeys);
    t.match(unknown.text, 'Sign in once more');
    t.match((await pressProvider(other, unknown)).text, '<h1>Add a passkey</h1>');
  },
);

t.test('neither the secret nor a token of the provider is stored or logged', async (t) => {
  const { loop } = await startWithProvider(t);
  await signIn(loop);
  const everything = `${(await loop.storedBytes()).toString('latin1')}\n${loop.lines.join('\n')}`;
  for (const secret of [upstreamSecret, 'upstream-access-token', 'upstream-refresh-token', 'code-1'])
    t.notMatch(everything, secret);
});
