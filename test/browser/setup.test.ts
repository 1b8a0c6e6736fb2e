// The first account: its one-time link, what is refused, and what comes after.
import type { Page } from 'playwright-core';
import t from 'tap';
import { createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { openBrowser } from './support/browser.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { send, sendCredentials } from './support/steps.ts';

const form = 'input[name=password]';

const site = await startSite(t, { isNew: true });
const browser = await openBrowser(t);

testState(t, browser, { name: 'setup', arrive: (page) => page.goto(site.pair.setupUrl()), shows: form });

testState(t, browser, {
  name: 'setup-refused',
  arrive: async (page) => {
    await page.goto(site.pair.setupUrl());
    await sendCredentials(page, { username: 'ann', password: 'password12' });
  },
  shows: '[role=alert]',
});

testState(t, browser, {
  name: 'connect-waiting',
  // Each time a server of its own: there is one first account.
  arrive: (page) => createAccount(page),
  shows: '#mcp-url',
  readme: true,
});

testState(t, browser, {
  name: 'setup-link-used',
  arrive: async (page) => {
    const fresh = await startSite(t, { isNew: true });
    await createFirstAccount(fresh.pair.setupUrl(), fresh.person);
    await page.goto(fresh.pair.setupUrl());
  },
  shows: 'main a[href]',
});

async function createAccount(page: Page): Promise<void> {
  const fresh = await startSite(t, { isNew: true });
  await page.goto(fresh.pair.setupUrl());
  await sendCredentials(page, fresh.person);
}

t.test('the link works once', async (t) => {
  const fresh = await startSite(t, { isNew: true });
  const page = await browser.open(t);
  await page.goto(fresh.pair.setupUrl());
  await page.locator('input[name=username]').fill(fresh.person.username);
  await page.locator(form).fill(fresh.person.password);
  await send(page, page.locator('main button[type=submit]'));
  t.match(page.url(), /\/connect$/, 'signed in, and led to how to connect');
  await page.reload();
  t.equal(await page.locator('button[form=sign-out]').count(), 1);
  await page.goto(fresh.pair.setupUrl());
  t.equal(await page.locator(form).count(), 0);
});
