// What a person sees where something went wrong.
import t from 'tap';
import { App } from './support/app.ts';
import { openBrowser } from './support/browser.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { decisionButton, send, sendCredentials } from './support/steps.ts';

// Says something and asks for nothing.
const shows = 'main:not(:has(form)) h1';

const site = await startSite(t);
const browser = await openBrowser(t);
const app = await App.register(t, site);

const addresses = {
  'error-nothing-here': '/nothing-here',
  'error-app-unknown': '/auth?client_id=nobody&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2F',
  'error-request-empty': '/auth',
  'error-redirect-wrong': `/auth?${new URLSearchParams({
    client_id: app.clientId,
    response_type: 'code',
    redirect_uri: 'https://elsewhere.example/callback',
  })}`,
  'error-sign-in-unknown': '/interaction/none-of-this-name',
  'error-setup-link-unknown': '/setup?token=none',
};

for (const [name, address] of Object.entries(addresses)) {
  testState(t, browser, { name, arrive: (page) => page.goto(site.issuer + address), shows });
}

testState(t, browser, {
  name: 'error-back-to-consent',
  arrive: async (page) => {
    await page.goto(app.begin().url);
    await sendCredentials(page, site.person);
    const consent = page.url();
    await send(page, decisionButton(page, 'deny'));
    await page.goto(consent);
  },
  shows,
});

testState(t, browser, {
  name: 'error-form-of-another-site',
  arrive: async (page) => {
    const form = `<form method="post" action="${site.issuer}/account/sign-out"><button>Win</button></form>`;
    await page.goto(`data:text/html,${encodeURIComponent(form)}`);
    await send(page, page.locator('button'));
  },
  shows,
});
