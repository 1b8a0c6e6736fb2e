// /account/security/codes: codes from the phone are set up, replaced on paper, and turned off.
import t from 'tap';
import { compile } from '../../../../adapters/database/statement.ts';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { shiftClock } from '../../../support/clock.ts';
import {
  asksForCode,
  beginCodes,
  codeOf,
  isSignedIn,
  openSecurity,
  recoveryCodesOn,
  secretOn,
  sendPassword,
  startWithCodes,
} from '../../../support/codes.ts';
import { addAccount, ann, startLoopAuth } from '../../../support/loop-auth.ts';

t.test('codes are on only after a right one, and the password alone signs nobody in then', async (t) => {
  const clock = shiftClock(t);
  const loop = await startLoopAuth(t);
  const browser = new Browser();
  const page = await beginCodes(loop, browser);
  t.match(page.text, '<svg class="qr"');
  const secret = secretOn(page);
  t.match(secret, /^[A-Z2-7]{32}$/);
  t.match(page.text, `secret=${secret}`, 'the same for an app on this device');
  t.equal(secretOn(await browser.visit(`${loop.issuer}/account/security/codes`)), secret, 'also anew');
  const wrong = await browser.submit(page, { code: '000000', action: 'confirm' });
  t.equal(wrong.status, 422);
  t.match(wrong.text, 'That code is not right');
  t.ok(isSignedIn(await sendPassword(loop)), 'nothing is asked for yet');
  const done = await browser.submit(wrong, {
    code: codeOf(secret).replace(/^.../, '$& '),
    action: 'confirm',
  });
  t.equal(recoveryCodesOn(done).length, 10);
  t.ok(asksForCode(await sendPassword(loop)));
  clock.advance(60);
  const other = new Browser();
  const signedIn = await other.submit(await sendPassword(loop, other), { code: codeOf(secret) });
  t.ok(isSignedIn(signedIn));
  t.match((await openSecurity(loop, browser)).text, 'Recovery codes left: 10 of 10');
});

t.test('a wrong password sets nothing up, and only the session that began sees the secret', async (t) => {
  const loop = await startLoopAuth(t);
  const browser = new Browser();
  const page = await openSecurity(loop, browser);
  const refused = await browser.submit(page, { password: 'a guess of hers', action: 'begin' });
  t.equal(refused.status, 401);
  t.match(refused.text, 'The current password is wrong');
  await beginCodes(loop, browser);
  const other = new Browser();
  await openSecurity(loop, other);
  const elsewhere = await other.visit(`${loop.issuer}/account/security/codes`);
  t.equal(secretOn(elsewhere), '');
  t.match(elsewhere.text, 'Nothing was changed');
});

/** As a Korean or Japanese keyboard writes it in its wide letters. */
const wide = (text: string): string =>
  text.replace(/[!-~]/g, (sign) => String.fromCodePoint(0xfee0 + sign.charCodeAt(0)));

t.test('a code is taken however it is typed: with a blank, a dash, in wide digits', async (t) => {
  const { clock, loop, secret } = await startWithCodes(t);
  const typings = [
    (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)} `,
    (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`,
    (code: string) => `${code.slice(0, 3)}‑${code.slice(3)}`,
    wide,
  ];
  for (const type of typings) {
    const browser = new Browser();
    const code = type(codeOf(secret));
    t.ok(isSignedIn(await browser.submit(await sendPassword(loop, browser), { code })), code);
    clock.advance(60);
  }
});

t.test('a recovery code gets in once, however it is typed, and how many are left is shown', async (t) => {
  const { loop, recovery } = await startWithCodes(t);
  const [code = '', other = ''] = recovery;
  const browser = new Browser();
  const page = await sendPassword(loop, browser);
  const asked = await browser.submit(page, { code: '', with: 'recovery' });
  t.match(asked.text, 'Recovery code');
  t.ok(isSignedIn(await browser.submit(asked, { code: code.toUpperCase().replaceAll('-', ' ') })));
  t.match((await openSecurity(loop, browser)).text, 'Recovery codes left: 9 of 10');
  const second = new Browser();
  const again = await second.submit(await sendPassword(loop, second), { code });
  t.equal(again.status, 401);
  t.notOk(isSignedIn(again));
  t.match(again.text, 'none of those that are left');
  t.ok(
    isSignedIn(await second.submit(again, { code: wide(other).replaceAll('－', '–') })),
    'in wide letters',
  );
  t.notOk((await loop.storedBytes()).includes(String(recovery[2])), 'they are kept as hashes');
});

t.test('new recovery codes end the old ones; they take the password and a code', async (t) => {
  const { clock, loop, owner, secret, recovery } = await startWithCodes(t);
  const page = await openSecurity(loop, owner);
  const without = await owner.submit(page, { code: '000000', password: ann.password, action: 'recovery' });
  t.equal(without.status, 401);
  const done = await owner.submit(page, { code: codeOf(secret), password: ann.password, action: 'recovery' });
  const renewed = recoveryCodesOn(done);
  t.equal(renewed.length, 10);
  clock.advance(60);
  const browser = new Browser();
  const old = await browser.submit(await sendPassword(loop, browser), { code: String(recovery[0]) });
  t.notOk(isSignedIn(old));
  t.ok(isSignedIn(await browser.submit(old, { code: String(renewed[0]) })));
});

t.test(
  'codes are turned off with the password and a code, or a recovery code, and nothing else',
  async (t) => {
    const { loop, owner, recovery } = await startWithCodes(t);
    const page = await openSecurity(loop, owner);
    const [code = ''] = recovery;
    const wrong = await owner.submit(page, { code, password: 'a guess of hers', action: 'remove' });
    t.equal(wrong.status, 401);
    t.match(await owner.submit(page, { code: '000000', password: ann.password, action: 'remove' }), {
      status: 401,
    });
    t.ok(asksForCode(await sendPassword(loop)));
    const done = await owner.submit(page, { code, password: ann.password, action: 'remove' });
    t.match(done.text, 'Codes are turned off');
    t.ok(isSignedIn(await sendPassword(loop)));
    const gone = await loop.database.all(compile(loop.database.builder('recovery_codes')), {});
    t.equal(gone.length, 0);
  },
);

t.test('what happened is among the events of the account, and another account is none of it', async (t) => {
  const { loop, owner, secret } = await startWithCodes(t);
  const bob = { username: 'bob', password: 'a sentence that only Bob knows' };
  await addAccount(loop.database, bob);
  const browser = new Browser();
  await browser.submit(await sendPassword(loop, browser), { code: '000000' });
  const asked = await sendPassword(loop, browser);
  await browser.submit(asked, { code: codeOf(secret) });
  await loop.storeTries();
  const { text } = await owner.visit(`${loop.issuer}/account/activity`);
  for (const said of [
    'Codes from the phone were turned on',
    'New recovery codes were made',
    'the code after it was wrong',
    'with the password and a code from the phone',
  ])
    t.match(text, said);
  const other = new Browser();
  const page = await other.submit(await other.visit(`${loop.issuer}/account/activity`), { ...bob });
  t.notMatch(page.text, 'Codes from the phone');
});
