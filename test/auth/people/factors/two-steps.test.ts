// A sign-in with a code after the password: asked for, taken once, limited, and told of in the ID token.
import { decodeJwt } from 'jose';
import t from 'tap';
import { compile } from '../../../../adapters/database/statement.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { hashPassword } from '../../../../auth/people/passwords.ts';
import { Browser, type Page } from '../../../../scripts/demo/browser.ts';
import { asksForCode, codeOf, isSignedIn, sendPassword, startWithCodes } from '../../../support/codes.ts';
import { ann, redirectUri, startLoopAuth } from '../../../support/loop-auth.ts';

t.test('a code is taken a half minute early and late, and no further off', async (t) => {
  const { clock, loop, secret } = await startWithCodes(t);
  for (const [steps, isTaken] of [
    [-2, false],
    [2, false],
    [-1, true],
    [1, true],
  ] as const) {
    const browser = new Browser();
    const code = codeOf(secret, steps);
    const page = await browser.submit(await sendPassword(loop, browser), { code });
    t.equal(isSignedIn(page), isTaken, `${steps} steps off`);
    clock.advance(120);
  }
});

t.test('a code is taken once, in whatever browser, and none that is older', async (t) => {
  const { loop, secret } = await startWithCodes(t);
  const code = codeOf(secret);
  const [first, second] = [new Browser(), new Browser()];
  const waiting = await sendPassword(loop, second);
  t.ok(isSignedIn(await first.submit(await sendPassword(loop, first), { code })));
  const refused = await second.submit(waiting, { code });
  t.equal(refused.status, 401);
  t.match(refused.text, 'used already');
  t.notOk(isSignedIn(await second.submit(refused, { code: codeOf(secret, -1) })));
  t.ok(isSignedIn(await second.submit(refused, { code: codeOf(secret, 1) })), 'the next one is');
});

t.test(
  'a clock that was ahead and is set right keeps nobody out, and takes each code once all the same',
  async (t) => {
    const { clock, loop, secret } = await startWithCodes(t);
    const signIn = async (): Promise<Page> => {
      const browser = new Browser();
      return browser.submit(await sendPassword(loop, browser), { code: codeOf(secret) });
    };
    clock.advance(24 * 3600);
    t.ok(isSignedIn(await signIn()), 'a day ahead');
    clock.advance(-24 * 3600);
    t.ok(isSignedIn(await signIn()), 'set right');
    t.match((await signIn()).text, 'used already');
    clock.advance(24 * 3600);
    t.match((await signIn()).text, 'used already', 'the day has come to what was taken then');
    clock.advance(30);
    t.ok(isSignedIn(await signIn()), 'and goes on');
  },
);

t.test('of many at once with the same code one gets in', async (t) => {
  const { loop, secret } = await startWithCodes(t);
  const code = codeOf(secret);
  const browsers = Array.from({ length: 4 }, () => new Browser());
  const pages = await Promise.all(browsers.map((browser) => sendPassword(loop, browser)));
  const answers = await Promise.all(
    browsers.map((browser, at) => browser.submit(pages[at] as Page, { code })),
  );
  t.equal(answers.filter(isSignedIn).length, 1);
});

t.test(
  'guesses at the code are counted like guesses at the password, and the right password gives none back',
  async (t) => {
    const { loop } = await startWithCodes(t);
    const browser = new Browser();
    let page = await sendPassword(loop, browser);
    let taken = 0;
    for (let tries = 0; tries < 40 && page.status !== 429; tries += 1) {
      page = await browser.submit(page, { code: String(100_000 + tries) });
      if (page.status === 401) taken += 1;
      if (tries % 3 === 2 && page.status !== 429) page = await sendPassword(loop, browser);
    }
    t.equal(page.status, 429);
    t.ok(taken <= 10, `${taken} codes were tried`);
    t.match(page.text, 'Too many tries');
    const failed = loop.lines.filter((line) => line.includes('"sign_in.failed"'));
    t.equal(failed.length, taken);
    t.match(failed[0], '"reason":"code"');
  },
);

t.test('the second step ends after ten minutes, and with another password', async (t) => {
  const { clock, loop, secret } = await startWithCodes(t);
  const browser = new Browser();
  const page = await sendPassword(loop, browser);
  clock.advance(601);
  const late = await browser.submit(page, { code: codeOf(secret) });
  t.equal(late.status, 400);
  t.match(late.text, 'longer than ten minutes');
  t.match(late.text, 'name="password"');
  const waiting = await sendPassword(loop, browser);
  const { id = '' } = (await loop.database.first(compile(loop.database.builder('accounts')), {})) ?? {};
  const hash = await hashPassword('quite another sentence of hers');
  await new AccountStore(loop.database).setPassword(String(id), hash, false);
  t.equal((await browser.submit(waiting, { code: codeOf(secret) })).status, 400, 'the old password is over');
  const invented = await browser.submit(page, { code: codeOf(secret), step: 'x'.repeat(43) });
  t.equal(invented.status, 400);
});

t.test(
  'for an app the code is asked for as well, and the ID token says by what the person was known',
  async (t) => {
    const { clock, loop, secret } = await startWithCodes(t);
    const app = await loop.register();
    const attempt = loop.authorization(app, { scope: 'openid vault.read' });
    const browser = new Browser();
    const stopAt = redirectUri;
    const asked = await browser.submit(await browser.visit(attempt.url, stopAt), { ...ann }, stopAt);
    t.ok(asksForCode(asked));
    t.notMatch(asked.text, 'name="decision"');
    const wrong = await browser.submit(asked, { code: '000000' }, stopAt);
    t.equal(wrong.status, 401);
    const consent = await browser.submit(wrong, { code: codeOf(secret) }, stopAt);
    const { url } = await browser.submit(consent, { decision: 'allow' }, stopAt);
    const { body } = await loop.exchange(app, url.searchParams.get('code') ?? '', attempt);
    t.match(decodeJwt(String(body['id_token'])), { amr: ['pwd', 'otp', 'mfa'], acr: '2' });
    const { body: refreshed } = await loop.refresh(app, body['refresh_token']);
    t.match(decodeJwt(String(refreshed['id_token'])), { amr: ['pwd', 'otp', 'mfa'], acr: '2' }, 'later too');

    await loop.storeTries();
    const { text } = await browser.visit(`${loop.issuer}/account/activity`);
    t.match(text, 'the code after it was wrong');
    t.notMatch(text, 'The password or the name was wrong', 'which it was not');

    // All at once, as a program that knows the form may send it.
    clock.advance(60);
    const program = new Browser();
    const form = await program.visit(loop.authorization(app).url, stopAt);
    const page = await program.submit(form, { ...ann, code: codeOf(secret) }, stopAt);
    t.match(page.text, 'name="decision"');
  },
);

t.test('without a second factor the ID token says so', async (t) => {
  const loop = await startLoopAuth(t);
  const { tokens } = await loop.connect({ parameters: { scope: 'openid vault.read' } });
  const { id_token: idToken } = tokens as unknown as { id_token: string };
  t.match(decodeJwt(idToken), { amr: ['pwd'], acr: '1' });
  const { body } = await loop.ask('/.well-known/openid-configuration');
  t.same(body['acr_values_supported'], ['1', '2']);
});

t.test('who types the password again in a session that showed both is asked for no code', async (t) => {
  const { clock, loop, owner } = await startWithCodes(t);
  clock.advance(600);
  const headers = { Origin: loop.origin, 'Sec-Fetch-Site': 'same-origin' };
  const body = new URLSearchParams({ action: 'revoke-all', confirm: 'yes' });
  const page = await owner.visit(`${loop.issuer}/account`, undefined, { method: 'POST', body, headers });
  t.match(page.text, 'Type your password again');
  const back = await owner.submit(page, { ...ann });
  t.equal(back.url.pathname, '/account');
  t.notOk(asksForCode(back));
  t.ok(isSignedIn(back));
});
