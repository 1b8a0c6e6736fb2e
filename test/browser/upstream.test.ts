// The pages of a sign-in by an identity provider: the button, what it says when nothing comes of it, and the link.
import type { Page } from 'playwright-core';
import t from 'tap';
import { settingsFor, startProvider } from '../support/upstream.ts';
import { openBrowser } from './support/browser.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { send, sendCredentials } from './support/steps.ts';

const button = 'button[name=upstream]';

const provider = await startProvider(t);
const settings = settingsFor(provider.issuer, { AUTH_UPSTREAM_NAME: 'Authentik' });
const site = await startSite(t, { settings });
const only = await startSite(t, { settings: { ...settings, AUTH_LOCAL_SIGN_IN: 'off' }, isNew: true });
const browser = await openBrowser(t);

/** With the provider as it is for this one sign-in. */
async function press(page: Page, change: Partial<typeof provider>): Promise<void> {
  const before = { ...provider };
  Object.assign(provider, change);
  await page.goto(`${site.issuer}/account`);
  await send(page, page.locator(button));
  await page.locator('[role=alert]:visible').first().waitFor();
  Object.assign(provider, before);
}

testState(t, browser, {
  name: 'upstream-sign-in',
  arrive: (page) => page.goto(`${site.issuer}/account`),
  shows: button,
});

testState(t, browser, {
  name: 'upstream-not-allowed',
  arrive: (page) =>
    press(page, { claims: { sub: '0123456789abcdef-a-rather-long-subject-of-somebody-else' } }),
  shows: '[role=alert]',
});

testState(t, browser, {
  name: 'upstream-cancelled',
  arrive: (page) => press(page, { error: 'access_denied' }),
  shows: '[role=alert]',
});

testState(t, browser, {
  name: 'upstream-away',
  arrive: (page) => press(page, { error: 'temporarily_unavailable' }),
  shows: '[role=alert]',
});

testState(t, browser, {
  name: 'setup-with-provider',
  arrive: async (page) => {
    const fresh = await startSite(t, { settings, isNew: true });
    await page.goto(fresh.pair.setupUrl());
  },
  shows: button,
});

testState(t, browser, {
  name: 'setup-only-provider',
  arrive: (page) => page.goto(only.pair.setupUrl()),
  shows: button,
});

testState(t, browser, {
  name: 'upstream-only',
  arrive: async (page) => {
    const before = provider.error;
    provider.error = 'access_denied';
    await page.goto(`${only.issuer}/account`);
    provider.error = before;
  },
  shows: button,
});

testState(t, browser, {
  name: 'upstream-over',
  arrive: (page) => page.goto(`${site.issuer}/signin/upstream/callback?code=x&state=y`),
  shows: '.hint',
});

testState(t, browser, {
  name: 'upstream-link',
  arrive: async (page) => {
    await page.goto(`${site.issuer}/account/security`);
    await sendCredentials(page, site.person);
  },
  shows: '#upstream',
});

testState(t, browser, {
  name: 'upstream-account',
  arrive: async (page) => {
    await page.goto(`${only.issuer}/account/security`);
  },
  shows: '#upstream',
});
