// Sign-in and consent, from an app's link to its first call.
import type { Page } from 'playwright-core';
import t from 'tap';
import { App } from './support/app.ts';
import { openBrowser } from './support/browser.ts';
import { expectStill } from './support/expect.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { decisionButton, send, sendCredentials, signInTo, tabTo } from './support/steps.ts';

const form = 'input[name=password]';
const question = 'button[name=decision]';

const site = await startSite(t);
const browser = await openBrowser(t);
const local = await App.register(t, site);
const ofScheme = await App.register(t, site, { name: 'An editor', redirectUri: 'cursor://callback' });
const onTheWeb = await App.register(t, site, {
  name: '아주 긴 이름을 가진 앱 with a long name',
  redirectUri: 'https://a-rather-long-name-of-a-host.app.example/oauth/callback',
  scope: 'openid profile offline_access vault.read vault.write',
});

const goToConsent = (page: Page, app: App): Promise<void> => signInTo(page, app, site.person);

testState(t, browser, {
  name: 'sign-in',
  arrive: (page) => page.goto(local.begin().url),
  shows: form,
});

testState(t, browser, {
  name: 'sign-in-wrong-password',
  arrive: async (page) => {
    await page.goto(local.begin().url);
    await sendCredentials(page, { ...site.person, password: 'not the right one' });
  },
  shows: '[role=alert]',
  check: async (t, page) => {
    t.equal(await page.locator(`${form}:focus`).count(), 1, 'the field to mend has the focus');
  },
});

testState(t, browser, {
  name: 'consent',
  arrive: (page) => goToConsent(page, onTheWeb),
  shows: question,
});

testState(t, browser, {
  name: 'consent-of-this-computer',
  arrive: (page) => goToConsent(page, local),
  shows: question,
});

testState(t, browser, {
  name: 'consent-of-an-own-scheme',
  arrive: (page) => goToConsent(page, ofScheme),
  shows: question,
});

testState(t, browser, {
  name: 'consent-to-who-one-is',
  arrive: async (page) => {
    await page.goto(onTheWeb.begin({ scope: 'openid profile', resource: undefined }).url);
    await sendCredentials(page, site.person);
  },
  shows: question,
});

for (const scripts of [true, false]) {
  t.test(`an app gets from its link to the notes, scripts ${scripts ? 'running' : 'blocked'}`, async (t) => {
    const page = await browser.open(t, { scripts, language: 'ko' });
    const attempt = local.begin();
    await page.goto(attempt.url);
    await sendCredentials(page, site.person);
    await expectStill(t, page);
    const answer = await local.answerTo(page, () => send(page, decisionButton(page, 'allow')));
    t.match(page.url(), local.redirectUri, 'the browser is back at the app');
    const tokens = await local.exchange(answer, attempt);
    t.same(new Set(tokens.scope.split(' ')), new Set(['vault.read', 'vault.write', 'offline_access']));
    const { status, body } = await local.call(tokens, 'search', { query: '사과나무' });
    t.equal(status, 200);
    t.match(body, '정원/사과나무.md');
  });
}

t.test('denying sends the app away with access_denied', async (t) => {
  const page = await browser.open(t);
  await goToConsent(page, local);
  const answer = await local.answerTo(page, () => send(page, decisionButton(page, 'deny')));
  t.equal(answer.searchParams.get('error'), 'access_denied');
});

t.test('an app with a scheme of its own is sent its code', async (t) => {
  const page = await browser.open(t);
  const attempt = ofScheme.begin();
  await page.goto(attempt.url);
  await sendCredentials(page, site.person);
  await send(page, decisionButton(page, 'allow'));
  const link = await page.locator('a[href^="cursor:"]').getAttribute('href');
  t.match(await ofScheme.exchange(new URL(link ?? ''), attempt), { access_token: String });
});

t.test('the keyboard alone leads through sign-in and consent, and shows where it is', async (t) => {
  const page = await browser.open(t);
  const attempt = local.begin();
  await page.goto(attempt.url);
  await tabTo(page, page.locator('input[name=username]'));
  await page.keyboard.type(site.person.username);
  await tabTo(page, page.locator('input[name=password]'));
  await page.keyboard.type(site.person.password);
  await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')]);
  await tabTo(page, decisionButton(page, 'allow'));
  const answer = await local.answerTo(page, () => page.keyboard.press('Enter'));
  t.match(await local.exchange(answer, attempt), { access_token: String });
});

t.test('who is signed in goes straight to the question', async (t) => {
  const page = await browser.open(t);
  await goToConsent(page, local);
  await local.answerTo(page, () => send(page, decisionButton(page, 'deny')));
  await page.goto(onTheWeb.begin().url);
  await page.locator(question).first().waitFor();
  t.equal(await page.locator(form).count(), 0);
});
