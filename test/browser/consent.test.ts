// What a person chooses on the page of consent, and what the app can do with it afterwards.
import type { Page } from 'playwright-core';
import t from 'tap';
import { waitForFolder } from '../support/narrowed.ts';
import { App } from './support/app.ts';
import { openBrowser, sizes } from './support/browser.ts';
import { expectStill } from './support/expect.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { decisionButton, send, sendCredentials, signInTo } from './support/steps.ts';

const question = 'button[name=decision]';

const site = await startSite(t);
const browser = await openBrowser(t);
await waitForFolder(site.pair, '정원');
const local = await App.register(t, site);
const ofScheme = await App.register(t, site, { name: 'An editor', redirectUri: 'cursor://callback' });
const known = await App.register(t, site, { name: '다시 온 앱' });
await known.connect(site.person);

const goToConsent = (page: Page, app: App): Promise<void> => signInTo(page, app, site.person);

async function choose(page: Page, folders: readonly string[]): Promise<void> {
  await page.locator('input[name=access][value=read]').check();
  await page.locator('input[name=reach][value=some]').check();
  for (const folder of folders) await page.locator(`input[name=folders][value="${folder}"]`).check();
}

testState(t, browser, {
  name: 'consent-of-some-folders',
  arrive: async (page) => {
    await goToConsent(page, local);
    await choose(page, ['정원']);
  },
  shows: 'input[name=folders]:checked',
  readme: true,
});

testState(t, browser, {
  name: 'consent-without-a-folder',
  arrive: async (page) => {
    await goToConsent(page, local);
    await choose(page, []);
    await send(page, decisionButton(page, 'allow'));
  },
  shows: '[role=alert]',
  check: async (t, page) => {
    t.equal(await page.locator('input[name=access][value=read]:checked').count(), 1, 'what was chosen stays');
    t.equal(await page.locator('input[name=reach][value=some]:checked').count(), 1);
  },
});

testState(t, browser, {
  name: 'consent-of-an-app-that-was-connected-before',
  arrive: (page) => goToConsent(page, known),
  shows: question,
});

testState(t, browser, {
  name: 'connected-to-an-app-of-this-device',
  arrive: async (page) => {
    await goToConsent(page, ofScheme);
    await send(page, decisionButton(page, 'allow'));
  },
  shows: 'a[href^="cursor:"]',
});

t.test('what decides is in view on a phone, whatever there is to choose', async (t) => {
  for (const app of [local, ofScheme, known]) {
    const page = await browser.open(t, { size: 'phone', language: 'ko' });
    await goToConsent(page, app);
    for (const decision of ['allow', 'deny'] as const) {
      const box = await decisionButton(page, decision).boundingBox();
      t.ok(box && box.y >= 0 && box.y + box.height <= sizes.phone.height, `${decision} at ${box?.y}`);
    }
  }
});

t.test('the list of folders is shown to who chooses some', async (t) => {
  const page = await browser.open(t);
  await goToConsent(page, local);
  const folder = page.locator('input[name=folders]').first();
  t.equal(await folder.isVisible(), false);
  await page.locator('input[name=reach][value=some]').check();
  t.equal(await folder.isVisible(), true);
});

for (const scripts of [true, false]) {
  t.test(
    `one folder to read is all that an app gets, scripts ${scripts ? 'running' : 'blocked'}`,
    async (t) => {
      const page = await browser.open(t, { scripts, language: 'ko' });
      const attempt = local.begin();
      await page.goto(attempt.url);
      await sendCredentials(page, site.person);
      await choose(page, ['정원']);
      await expectStill(t, page);
      const answer = await local.answerTo(page, () => send(page, decisionButton(page, 'allow')));
      const tokens = await local.exchange(answer, attempt);
      t.same(new Set(tokens.scope.split(' ')), new Set(['vault.read', 'offline_access']));
      const call = async (tool: string, input: Record<string, unknown>): Promise<string> => {
        const { status, body } = await local.call(tokens, tool, input);
        t.equal(status, 200, tool);
        return body;
      };
      t.match(await call('search', { query: '사과나무' }), '정원/사과나무.md');
      t.notMatch(await call('search', { query: 'apple' }), 'Garden');
      t.match(await call('fetch', { id: '정원/사과나무.md' }), '물을 준다');
      for (const id of ['Garden/Apple tree.md', 'Apple tree', '[[Boat]]', '일기/2026-11-26.md']) {
        t.match(await call('fetch', { id }), '"isError":true', id);
      }
      for (const kind of ['folder', 'tags', 'recent', 'missing', 'orphans', 'conflicts']) {
        t.notMatch(await call('list', { of: kind }), /Garden|Projects|일기|boat/i, kind);
      }
      t.notMatch(await call('scan', {}), /Garden|Projects|일기/);
      for (const [tool, input] of [
        ['create_note', { path: '정원/새.md', text: 'x' }],
        ['append_to_note', { id: '정원/사과나무.md', text: 'x' }],
        ['replace_note', { id: '정원/사과나무.md', revision: 'x', text: 'x' }],
        ['edit_note', { id: '정원/사과나무.md', revision: 'x', heading: '사과나무', text: 'x' }],
        ['delete_note', { id: '정원/사과나무.md', revision: 'x' }],
      ] as const) {
        const { status, headers } = await local.call(tokens, tool, input);
        t.equal(status, 403, tool);
        t.match(headers.get('www-authenticate'), /error="insufficient_scope"/);
        t.notMatch(headers.get('www-authenticate'), 'vault.write', 'what is withheld is not asked for again');
      }
    },
  );
}

t.test('another account is used from the page of consent, and the app gets that one', async (t) => {
  const other = await site.createAccount('minji');
  const page = await browser.open(t, { scripts: false });
  const attempt = local.begin();
  await page.goto(attempt.url);
  await sendCredentials(page, site.person);
  await send(page, page.locator('button[name=decision][value=other-account]'));
  await sendCredentials(page, other);
  t.match(await page.locator('header').textContent(), 'minji');
  const answer = await local.answerTo(page, () => send(page, decisionButton(page, 'allow')));
  t.match(await local.exchange(answer, attempt), { access_token: String });
});
