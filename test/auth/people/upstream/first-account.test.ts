// The first account where an identity provider is beside loop-auth: its page says so, and it can be made by its sign-in.
import t from 'tap';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { isSignedIn } from '../../../support/codes.ts';
import { ann, type LoopAuth, present } from '../../../support/loop-auth.ts';
import { pressProvider, startWithProvider } from '../../../support/upstream.ts';

function setupLink({ lines }: LoopAuth): string {
  const line = lines.findLast((one) => one.includes('"setupUrl"')) ?? '{}';
  return String((JSON.parse(line) as { setupUrl?: string }).setupUrl);
}

t.test(
  'the setup page offers the provider beside a password, and its sign-in makes the account',
  async (t) => {
    const { loop } = await startWithProvider(t);
    const link = setupLink(loop);
    const browser = new Browser();
    const page = await browser.visit(link);
    t.match(page.text, 'Do you have an account with');
    t.match(page.text, 'Sign in with Home');
    t.match(page.text, 'name="password"');
    const connect = await pressProvider(browser, page);
    t.equal(connect.url.href, `${loop.issuer}/connect`, 'on to how apps are connected');
    t.ok(isSignedIn(await browser.visit(`${loop.issuer}/account`)));
    t.match((await new Browser().visit(link)).text, 'has done its work');
  },
);

t.test('where it is the only way, no password is asked for and none is taken', async (t) => {
  const { loop, provider } = await startWithProvider(t, { AUTH_LOCAL_SIGN_IN: 'off' });
  const link = setupLink(loop);
  const korean = await fetch(link, { headers: { 'Accept-Language': 'ko' } });
  t.match(await korean.text(), '이 서버에는 모두 <bdi>Home</bdi> 계정으로 로그인하며');
  const browser = new Browser();
  const page = await browser.visit(link);
  t.match(page.text, 'On this server everybody signs in with');
  t.notMatch(page.text, 'name="password"');
  const posted = await fetch(link, { method: 'POST', body: present(ann) });
  t.equal(posted.status, 403);
  t.match(await posted.text(), 'Passwords and passkeys are turned off');
  provider.isAway = true;
  const away = await pressProvider(browser, page);
  t.equal(away.status, 503);
  t.match(away.text, 'Home does not answer');
  provider.isAway = false;
  await pressProvider(browser, await browser.visit(link));
  t.ok(isSignedIn(await browser.visit(`${loop.issuer}/account`)), 'the link was still good');
});
