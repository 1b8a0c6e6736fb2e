// The first account: its one-time link, what is refused, and what comes after.
import type { Page } from 'playwright-core';
import t from 'tap';
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
  name: 'setup-done',
  // Each time a server of its own: there is one first account.
  arrive: (page) => createAccount(page),
  shows: `main:not(:has(${form})) h1`,
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
  await send(page, page.locator('button[type=submit]'));
  await page.goto(fresh.pair.setupUrl());
  t.equal(await page.locator(form).count(), 0);
});
