// The secrets of one-time codes: encrypted where there is a key, and our outage where they can't be read.
import t from 'tap';
import { compile, param } from '../../../../adapters/database/statement.ts';
import { OneTimeCodeStore } from '../../../../adapters/stores/factors/one-time-codes.ts';
import { createKeySeal } from '../../../../auth/keys/seal.ts';
import { closeSecret } from '../../../../auth/people/factors/one-time-codes.ts';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { shiftClock } from '../../../support/clock.ts';
import { codeOf, isSignedIn, sendPassword, startWithCodes, turnOnCodes } from '../../../support/codes.ts';
import { startLoopAuth } from '../../../support/loop-auth.ts';

t.test(
  'a secret that can’t be read is an outage of ours, said in words, and a recovery code gets in',
  async (t) => {
    const { loop, secret, recovery } = await startWithCodes(t);
    const { database } = loop;
    const { id = '' } = (await database.first(compile(database.builder('accounts').select('id')), {})) ?? {};
    const sealed = await closeSecret(createKeySeal('another key, of 32 signs at least'), String(id), secret);
    const set = compile(database.builder('one_time_codes').update({ secret: param('sealed') }));
    await database.commit([{ statement: set, values: { sealed } }]);
    const browser = new Browser();
    let page = await sendPassword(loop, browser);
    for (let tries = 0; tries < 12; tries += 1) page = await browser.submit(page, { code: codeOf(secret) });
    t.equal(page.status, 503, 'however often: by our outage nobody is locked out');
    t.match(page.text, 'AUTH_ENCRYPTION_KEY');
    t.notMatch(page.text, 'not right');
    t.ok(loop.lines.some((line) => line.includes('can’t be read')));
    t.ok(isSignedIn(await browser.submit(page, { code: String(recovery[0]) })));
  },
);

t.test('with AUTH_ENCRYPTION_KEY no secret is readable, also one that was there before', async (t) => {
  const loop = await startLoopAuth(t);
  const { secret } = await turnOnCodes(loop);
  t.ok((await loop.storedBytes()).includes(secret), 'in clear without the key');
  const settings = { AUTH_ENCRYPTION_KEY: 'a key of 32 signs at the least, or more' };
  const sealed = await startLoopAuth(t, { databasePath: loop.databasePath, settings, withoutAccount: true });
  const [row] = await new OneTimeCodeStore(sealed.database).list();
  t.match(row?.secret, /^eyJ/, 'encrypted in place');
  const browser = new Browser();
  const clock = shiftClock(t);
  clock.advance(60);
  t.ok(isSignedIn(await browser.submit(await sendPassword(sealed, browser), { code: codeOf(secret) })));
});
