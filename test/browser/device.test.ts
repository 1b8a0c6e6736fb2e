// A terminal is let in from a browser: its code is typed or compared, and consent is that of every app.
import type { Page } from 'playwright-core';
import t from 'tap';
import { startTerminal } from '../support/documented-terminal.ts';
import { waitForFolder } from '../support/narrowed.ts';
import { deviceGrant, type Shown } from '../support/terminal.ts';
import { openBrowser } from './support/browser.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { decisionButton, send, sendCredentials } from './support/steps.ts';

const site = await startSite(t);
const browser = await openBrowser(t);
await waitForFolder(site.pair, '정원');

const registration = await fetch(`${site.issuer}/reg`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({
    client_name: '집 서버의 스크립트',
    token_endpoint_auth_method: 'none',
    grant_types: [deviceGrant, 'refresh_token'],
  }),
});
const { client_id: clientId } = (await registration.json()) as { client_id: string };

async function showCode(): Promise<Shown> {
  const body = new URLSearchParams({
    client_id: clientId,
    scope: 'vault.read vault.write',
    resource: site.resource,
  });
  const response = await fetch(`${site.issuer}/device/auth`, { method: 'POST', body });
  return (await response.json()) as Shown;
}

async function enter(page: Page, code: string): Promise<void> {
  await page.goto(`${site.issuer}/device`);
  await page.locator('input[name=user_code]').fill(code);
  await send(page, page.locator('form:has(input#user_code) button[type=submit]'));
}

async function goToConsent(page: Page): Promise<void> {
  await enter(page, (await showCode()).user_code);
  await sendCredentials(page, site.person);
}

async function answer(page: Page, decision: 'allow' | 'deny'): Promise<void> {
  await goToConsent(page);
  await send(page, decisionButton(page, decision));
}

testState(t, browser, {
  name: 'device-code-typed',
  arrive: (page) => page.goto(`${site.issuer}/device`),
  shows: 'input#user_code',
});

testState(t, browser, {
  name: 'device-code-unknown',
  arrive: (page) => enter(page, 'BCDF-GHJK'),
  shows: 'main [role=alert]',
});

testState(t, browser, {
  name: 'device-code-compared',
  arrive: async (page) => page.goto((await showCode()).verification_uri_complete),
  shows: '#shown-code',
});

testState(t, browser, {
  name: 'device-sign-in',
  arrive: async (page) => enter(page, (await showCode()).user_code),
  shows: 'input[name=password]',
});

testState(t, browser, { name: 'device-consent', arrive: goToConsent, shows: 'button[name=decision]' });

testState(t, browser, {
  name: 'device-connected',
  arrive: (page) => answer(page, 'allow'),
  shows: '#device-done',
});

testState(t, browser, {
  name: 'device-refused',
  arrive: (page) => answer(page, 'deny'),
  shows: '#device-refused',
});

t.test('curl polls in a terminal, and lists the notes once the code was entered in Chromium', async (t) => {
  const { code, output } = await startTerminal(t, site);
  const page = await browser.open(t, { size: 'phone' });
  await enter(page, code.toLowerCase());
  await sendCredentials(page, site.person);
  await page.locator('input[name=reach][value=some]').check();
  await page.locator('input[name=folders][value="정원"]').check();
  await send(page, decisionButton(page, 'allow'));
  await page.locator('#device-done').waitFor();
  const listed = await output;
  t.match(listed, '정원/사과나무.md');
  t.notMatch(listed, 'Apple tree.md', 'of the folder that was chosen');
});

t.test('a link with the code in it goes on by a press alone, and stops by another', async (t) => {
  const page = await browser.open(t);
  await page.goto((await showCode()).verification_uri_complete);
  const buttons = page.locator('form:has(#shown-code) button[type=submit]');
  t.equal(await buttons.count(), 2);
  await send(page, page.locator('button[name=abort]'));
  await page.locator('#device-refused').waitFor();
});
