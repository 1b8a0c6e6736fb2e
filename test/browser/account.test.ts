// The account page with none, one and many apps, and signing out.
import Sqlite from 'better-sqlite3';
import type { Page } from 'playwright-core';
import t from 'tap';
import { Browser } from '../../scripts/demo/browser.ts';
import type { Person } from '../../scripts/demo/sign-in.ts';
import { App } from './support/app.ts';
import { openBrowser } from './support/browser.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { send, sendCredentials } from './support/steps.ts';

let accountsLocked = 0;
let accountsSecured = 0;

const app = 'main section.app';
const leave = 'button[form=sign-out]';
const older = 'nav a[href*="before="]';
const ask = (action: string): string => `form:has(input[name=action][value=${action}]) button[type=submit]`;

const site = await startSite(t);
const browser = await openBrowser(t);
const usernames = ['nobody-yet', 'one-app', '아주-많은-앱', 'revoking', 'for-years'];
const [none, one, many, revoking, aged] = (await Promise.all(
  usernames.map((username) => site.createAccount(username)),
)) as [Person, Person, Person, Person, Person];
await connectApps(one, ['A notebook']);
await connectApps(many, [
  'Claude',
  'Claude',
  'Claude',
  'ChatGPT',
  '공책',
  'An editor with a rather long name of its own',
]);

await connectApps(aged, ['An app of years']);
connectAgain(aged, 103);

/** As the account's only connection was made, so often before it. */
function connectAgain({ username }: Person, times: number): void {
  const file = new Sqlite(site.pair.databaseUrl.replace('sqlite:', ''));
  const own =
    "(SELECT id FROM grants WHERE account_id = (SELECT id FROM accounts WHERE username = ?) AND id NOT LIKE 'earlier-%')";
  const addGrant = file.prepare(
    `INSERT INTO grants (id, payload, expires_at, account_id, client_id, created_at, made_from)
      SELECT ?, payload, expires_at, account_id, client_id, created_at - ?, made_from FROM grants WHERE id = ${own}`,
  );
  const addToken = file.prepare(
    `INSERT INTO refresh_tokens (id, payload, expires_at, grant_id, issued_at)
      SELECT ?, payload, expires_at, ?, issued_at FROM refresh_tokens WHERE grant_id = ${own} LIMIT 1`,
  );
  file.transaction(() => {
    for (let n = 1; n <= times; n += 1) {
      addGrant.run(`earlier-${n}`, n * 86_400, username);
      addToken.run(`earlier-${n}`, `earlier-${n}`, username);
    }
  })();
  file.close();
}

async function connectApps(person: Person, names: readonly string[]): Promise<void> {
  for (const name of names) await (await App.register(t, site, { name })).connect(person);
}

async function useUpTries({ username }: Person): Promise<void> {
  const program = new Browser();
  const page = await program.visit(`${site.issuer}/account`);
  for (let tries = 0; tries < 10; tries += 1)
    await program.submit(page, { username, password: 'a wrong one' });
}

async function goToAccount(page: Page, person: Person): Promise<void> {
  await page.goto(`${site.issuer}/account`);
  await sendCredentials(page, person);
}

testState(t, browser, {
  name: 'account-activity',
  arrive: async (page) => {
    await goToAccount(page, many);
    await page.goto(`${site.issuer}/account/activity`);
  },
  shows: 'form:has(input[name=code])',
});

testState(t, browser, {
  name: 'account-older',
  arrive: async (page) => {
    await goToAccount(page, aged);
    // By keys alone.
    await page.locator(older).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/before=/);
  },
  shows: `nav:has(a[href$="/account"]):not(:has(a[href*="before="]))`,
  check: async (t, page) => {
    t.equal(await page.locator(ask('revoke')).count(), 4, 'the rest');
    t.equal(await page.locator(ask('revoke-all')).count(), 1, 'what is about all stands on each page');
  },
});

testState(t, browser, {
  name: 'account-security',
  arrive: async (page) => {
    const owner = await site.createAccount(`secure-${++accountsSecured}`);
    const left = new Browser({
      'User-Agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/131.0',
    });
    await left.submit(await left.visit(`${site.issuer}/account/security`), { ...owner });
    await goToAccount(page, owner);
    await page.goto(`${site.issuer}/account/security`);
  },
  shows: 'form:has(input[name=current])',
});

testState(t, browser, {
  name: 'account-signed-out',
  arrive: (page) => page.goto(`${site.issuer}/account`),
  shows: 'input[name=password]',
});

testState(t, browser, {
  name: 'account-locked-out',
  // Each time another account, since the tries of one are counted over all browsers.
  arrive: async (page) => {
    const locked = await site.createAccount(`locked-${++accountsLocked}`);
    await useUpTries(locked);
    await goToAccount(page, locked);
  },
  shows: '[role=alert]',
});

testState(t, browser, { name: 'account-no-app', arrive: (page) => goToAccount(page, none), shows: leave });

testState(t, browser, { name: 'account-one-app', arrive: (page) => goToAccount(page, one), shows: app });

for (const action of ['revoke', 'read-only', 'revoke-all']) {
  testState(t, browser, {
    name: `account-question-${action}`,
    arrive: async (page) => {
      await goToAccount(page, one);
      await send(page, page.locator(ask(action)).first());
    },
    shows: 'button[name=confirm]',
  });
}

testState(t, browser, {
  name: 'account-many-apps',
  arrive: (page) => goToAccount(page, many),
  shows: `${app}:nth-of-type(4)`,
  readme: true,
});

testState(t, browser, {
  name: 'sign-out-question',
  arrive: async (page) => {
    await page.goto((await App.register(t, site)).begin().url);
    await sendCredentials(page, none);
    await page.goto(`${site.issuer}/session/end`);
  },
  shows: 'button[name=logout]',
});

testState(t, browser, {
  name: 'signed-out',
  arrive: async (page) => {
    await page.goto((await App.register(t, site)).begin().url);
    await sendCredentials(page, none);
    await page.goto(`${site.issuer}/session/end`);
    await send(page, page.locator('button[name=logout][value=yes]'));
  },
  shows: 'main:not(:has(form)) h1',
});

t.test('an app that is revoked is gone from the page, and its token ends', async (t) => {
  const notebook = await App.register(t, site);
  const tokens = await notebook.connect(revoking);
  const page = await browser.open(t);
  await goToAccount(page, revoking);
  t.equal(await page.locator(app).count(), 1);
  await send(page, page.locator(ask('revoke')));
  await send(page, page.locator('button[name=confirm]'));
  t.equal(await page.locator(app).count(), 0);
  t.equal(await page.locator('[role=status]:focus').count(), 1, 'what became of it has the focus');
  const refresh = await fetch(`${site.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: notebook.clientId,
      refresh_token: tokens.refresh_token,
    }),
  });
  t.match(await refresh.json(), { error: 'invalid_grant' });
});

t.test(
  'who signs out at the account page is asked for the password there, and by the next app',
  async (t) => {
    const page = await browser.open(t);
    await goToAccount(page, none);
    await send(page, page.locator(leave));
    for (const url of [`${site.issuer}/account`, (await App.register(t, site)).begin().url]) {
      await page.goto(url);
      t.equal(await page.locator('input[name=password]').count(), 1);
    }
  },
);

t.test('Cancel at the question of signing out changes nothing', async (t) => {
  const page = await browser.open(t);
  await goToAccount(page, none);
  await page.goto(`${site.issuer}/session/end`);
  await send(page, page.locator('main button:not([value=yes])').last());
  await page.goto(`${site.issuer}/account`);
  t.equal(await page.locator(leave).count(), 1);
});
