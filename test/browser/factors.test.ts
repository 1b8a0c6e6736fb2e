// Codes from the phone and passkeys: their pages, and both used as a person uses them, in a Chromium with a device of its own.
import type { CDPSession, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { openDatabase } from '../../adapters/database/open.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import { createFactorStores } from '../../adapters/stores/factors/factors.ts';
import type { Person } from '../../scripts/demo/sign-in.ts';
import { codeOf } from '../support/codes.ts';
import { App } from './support/app.ts';
import { openBrowser } from './support/browser.ts';
import { expectAccessible, expectStill } from './support/expect.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { decisionButton, send, sendCredentials } from './support/steps.ts';

const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const beginButton = 'form:has(input[value=begin]) button';
const passkeyForm = 'form[data-passkey]';
const leave = 'button[form=sign-out]';

const site = await startSite(t);
const browser = await openBrowser(t);
const database = await openDatabase(site.pair.databaseUrl);
t.teardown(() => database.close());
const { oneTimeCodes, recoveryCodes, passkeys } = createFactorStores(database);
let made = 0;

async function createPerson({ codes = false, keys = 0 } = {}): Promise<Person> {
  made += 1;
  const person = await site.createAccount(`factors-${made}`);
  const account = await new AccountStore(database).findByUsername(person.username);
  const accountId = String(account?.id);
  if (codes) {
    await oneTimeCodes.save({ accountId, secret }, 0);
    await recoveryCodes.replace(accountId, ['one', 'two']);
  }
  for (let at = 0; at < keys; at += 1) {
    const name = ['휴대폰', 'A blue key on the ring'][at % 2] ?? '';
    const key = { publicKey: 'AA', counter: 0, transports: ['internal'], isSynced: true, name };
    await passkeys.add({ ...key, id: `key-${made}-${at}`, accountId });
  }
  return person;
}

async function goToSecurity(page: Page, person: Person): Promise<void> {
  await page.goto(`${site.issuer}/account/security`);
  await sendCredentials(page, person);
}

async function beginCodes(page: Page, person: Person): Promise<void> {
  await goToSecurity(page, person);
  await page.locator('#codes-password').fill(person.password);
  await send(page, page.locator(beginButton));
}

async function sendCode(page: Page, code: string): Promise<void> {
  await page.locator('input[name=code]').fill(code);
  await send(page, page.locator('form:has(input[name=code]) button.primary'));
}

async function confirmCodes(page: Page): Promise<string> {
  const shown = (await page.locator('#secret').textContent()) ?? '';
  const key = shown.replaceAll(' ', '');
  await sendCode(page, codeOf(key));
  return key;
}

testState(t, browser, {
  name: 'security-codes-and-passkeys',
  arrive: async (page) => {
    const person = await createPerson({ keys: 2 });
    await beginCodes(page, person);
    await confirmCodes(page);
    await page.goto(`${site.issuer}/account/security`);
  },
  shows: 'button[value=remove]',
});

testState(t, browser, {
  name: 'codes-setup',
  arrive: async (page) => beginCodes(page, await createPerson()),
  shows: 'svg.qr',
});

testState(t, browser, {
  name: 'codes-recovery',
  arrive: async (page) => {
    await beginCodes(page, await createPerson());
    await confirmCodes(page);
  },
  shows: 'ol.recovery',
});

testState(t, browser, {
  name: 'sign-in-code',
  arrive: async (page) => goToSecurity(page, await createPerson({ codes: true })),
  shows: 'input[name=code]',
});

testState(t, browser, {
  name: 'sign-in-recovery-code',
  arrive: async (page) => {
    await goToSecurity(page, await createPerson({ codes: true }));
    await sendCode(page, 'not-one');
  },
  shows: 'button[name=with][value=code]',
});

testState(t, browser, {
  name: 'sign-in-passkey',
  arrive: async (page) => {
    await createPerson({ keys: 1 });
    await page.goto((await App.register(t, site)).begin().url);
  },
  shows: 'input[name=password]',
});

testState(t, browser, {
  name: 'passkey-add',
  arrive: async (page) => {
    await goToSecurity(page, await createPerson());
    await page.goto(`${site.issuer}/account/security/passkeys`);
  },
  shows: 'main h1',
});

/** A device beside the browser that keeps passkeys; its owner is there and puts the finger on it. */
async function attachDevice(page: Page): Promise<{ session: CDPSession; id: string }> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { session, id: authenticatorId };
}

async function addPasskey(t: Test, page: Page): Promise<void> {
  await page.goto(`${site.issuer}/account/security/passkeys`);
  await expectAccessible(t, page);
  await page.locator('input[name=name]').fill('the blue key');
  await send(page, page.locator(`${passkeyForm} button.primary`));
  await page.locator('[role=status]:focus').waitFor();
  t.match(page.url(), /\/account\/security$/);
}

/** As in a browser that offers no passkeys in the field of the name: there the button is the way. */
async function withoutOffering(page: Page): Promise<void> {
  await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false;');
}

t.test('a passkey is added, signs in without a name, for an app too, and is removed', async (t) => {
  const page = await browser.open(t);
  await withoutOffering(page);
  const { session, id } = await attachDevice(page);
  await goToSecurity(page, await createPerson());
  await addPasskey(t, page);
  t.equal((await session.send('WebAuthn.getCredentials', { authenticatorId: id })).credentials.length, 1);

  await send(page, page.locator(leave));
  await page.goto(`${site.issuer}/account/security`);
  await page.locator(`${passkeyForm} button`).click();
  await page.locator(leave).waitFor();
  t.equal(await page.locator('input[value="the blue key"]').count(), 1, 'signed in, with nothing typed');
  await expectStill(t, page);

  await send(page, page.locator(leave));
  const app = await App.register(t, site);
  const attempt = app.begin();
  await page.goto(attempt.url);
  await page.locator(`${passkeyForm} button`).click();
  await decisionButton(page, 'allow').waitFor();
  const answer = await app.answerTo(page, () => send(page, decisionButton(page, 'allow')));
  t.match(await app.exchange(answer, attempt), { access_token: String });

  await page.goto(`${site.issuer}/account/security`);
  await send(page, page.locator('form:has(input[value=remove]) button'));
  t.equal(await page.locator('input[value="the blue key"]').count(), 0);
  await send(page, page.locator(leave));
  // Somebody else has one, so that it is offered; the device still has its own.
  await createPerson({ keys: 1 });
  await page.goto(`${site.issuer}/account/security`);
  await page.locator(`${passkeyForm} button`).click();
  await page.locator('#error').waitFor();
  t.equal(await page.locator(leave).count(), 0, 'what was removed opens nothing');
});

t.test('where the browser offers passkeys by itself, nothing has to be pressed', async (t) => {
  const page = await browser.open(t);
  await attachDevice(page);
  await goToSecurity(page, await createPerson());
  await addPasskey(t, page);
  await send(page, page.locator(leave));
  await page.goto(`${site.issuer}/account/security`);
  await page.locator(leave).waitFor();
  t.equal(await page.locator('input[value="the blue key"]').count(), 1);
});

t.test('who stops it is told so, and can go on with the password', async (t) => {
  const page = await browser.open(t);
  const { session, id } = await attachDevice(page);
  await createPerson({ keys: 1 });
  await session.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: false });
  const person = await createPerson();
  await page.goto(`${site.issuer}/account/security`);
  await page.locator(`${passkeyForm} button`).click();
  await page.locator(`${passkeyForm} [role=alert]:visible`).waitFor();
  await expectAccessible(t, page);
  await sendCredentials(page, person);
  t.equal(await page.locator(leave).count(), 1);
});

t.test('codes are set up and typed, with scripts running and blocked', async (t) => {
  for (const scripts of [true, false]) {
    const person = await createPerson();
    const page = await browser.open(t, { scripts, language: 'ko' });
    await beginCodes(page, person);
    const key = await confirmCodes(page);
    t.equal(await page.locator('ol.recovery li').count(), 10);
    const recovery = ((await page.locator('ol.recovery li').first().textContent()) ?? '').trim();
    await page.goto(`${site.issuer}/account`);
    await send(page, page.locator(leave));
    await goToSecurity(page, person);
    await sendCode(page, codeOf(key, 1));
    t.match(page.url(), /\/account\/security$/);
    t.equal(await page.locator(leave).count(), 1);
    await send(page, page.locator(leave));
    await goToSecurity(page, person);
    await send(page, page.locator('button[name=with]'));
    await sendCode(page, recovery);
    t.equal(await page.locator(leave).count(), 1);
    await expectStill(t, page);
  }
});
