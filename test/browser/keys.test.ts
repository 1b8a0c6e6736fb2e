// Access keys in a real browser: made, used by curl, not shown again whatever one presses, revoked; and how the pages look.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import t from 'tap';
import { openDatabase } from '../../adapters/database/open.ts';
import { AccessKeyStore, type NewKey } from '../../adapters/stores/access-keys/access-keys.ts';
import { KeyUseStore } from '../../adapters/stores/access-keys/uses.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import type { Person } from '../../scripts/demo/sign-in.ts';
import { waitForFolder } from '../support/narrowed.ts';
import { until } from '../support/until.ts';
import { openBrowser } from './support/browser.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { send, sendCredentials } from './support/steps.ts';

const day = 24 * 3600;
const make = 'form:has(input[name=name]) button[type=submit]';
const revoke = 'form:has(input[name=action][value=revoke]) button[type=submit]';

const settings = { API_INTROSPECTION_CACHE_SECONDS: '0', API_INTROSPECTION_STALE_SECONDS: '0' };
const site = await startSite(t, { settings });
await waitForFolder(site.pair, 'Garden');
const browser = await openBrowser(t);
const nobody = await site.createAccount('no-key');
const many = await site.createAccount('many-keys');
await makeKeys(many);

/** As a person has them after a while. */
async function makeKeys({ username }: Person): Promise<void> {
  const database = await openDatabase(site.pair.databaseUrl);
  const accountId = String((await new AccountStore(database).findByUsername(username))?.id);
  const now = Math.floor(Date.now() / 1000);
  const rest = { accountId, access: 'read', folders: undefined, madeFrom: '203.0.113.7' } as const;
  const keys: ReadonlyArray<Pick<NewKey, 'name' | 'expiresAt'> & Partial<NewKey>> = [
    { name: '지난달의 시험', expiresAt: now - day },
    { name: 'Home Assistant', expiresAt: undefined, access: 'write', folders: ['일기'] },
    {
      name: 'n8n, the workflow that puts every receipt into the notebook of this year',
      expiresAt: now + 90 * day,
    },
  ];
  for (const [at, key] of keys.entries()) {
    await new AccessKeyStore(database).add(`value ${at}`, { ...rest, id: `key${at}`, ...key });
  }
  await new KeyUseStore(database).note({ id: 'key1', at: now });
  await database.close();
}

async function goToKeys(page: Page, person: Person): Promise<void> {
  await page.goto(`${site.issuer}/account/keys`);
  await sendCredentials(page, person);
}

testState(t, browser, {
  name: 'keys-none',
  arrive: (page) => goToKeys(page, nobody),
  shows: make,
});

testState(t, browser, {
  name: 'keys-many',
  arrive: (page) => goToKeys(page, many),
  shows: revoke,
});

testState(t, browser, {
  name: 'account-with-keys',
  arrive: async (page) => {
    await goToKeys(page, many);
    await page.goto(`${site.issuer}/account`);
  },
  shows: '#keys',
});

testState(t, browser, {
  name: 'keys-without-folder',
  arrive: async (page) => {
    await goToKeys(page, nobody);
    await page.locator('input[name=name]').fill('A script');
    await page.locator('input[name=reach][value=some]').check();
    await send(page, page.locator(make));
  },
  shows: '[role=alert]',
});

testState(t, browser, {
  name: 'key-made',
  arrive: async (page) => {
    const owner = await site.createAccount(`maker-${randomBytes(4).toString('hex')}`);
    await goToKeys(page, owner);
    await page.locator('input[name=name]').fill('Home Assistant');
    await page.locator('input[name=reach][value=some]').check();
    await page.locator('input[name=folders][value="Garden"]').check();
    await send(page, page.locator(make));
  },
  shows: '#key',
});

/** The HTTP status of a search by curl, with what the page says to type. */
async function runCurl(command: string): Promise<string> {
  const line = `${command} --silent --output /dev/null --write-out '%{http_code}'`;
  return (await promisify(execFile)('bash', ['-c', line])).stdout;
}

t.test(
  'a key is made, used by curl, shown by nothing that one presses afterwards, and revoked',
  async (t) => {
    const owner = await site.createAccount('a-whole-story');
    const page = await browser.open(t, { language: 'en' });
    await goToKeys(page, owner);
    await page.locator('input[name=name]').fill('curl');
    await send(page, page.locator(make));
    const key = (await page.locator('#key').textContent()) ?? '';
    t.match(key, /^loop_\w{49}$/);
    const command = (await page.locator('#curl').textContent()) ?? '';
    t.match(command, key);
    t.equal(await runCurl(command), '200');

    const count = async (): Promise<number> => {
      await page.goto(`${site.issuer}/account/keys`);
      t.notMatch(await page.content(), key);
      return page.locator(revoke).count();
    };
    await page.reload();
    t.notMatch(await page.content(), key, 'loaded again');
    t.equal(await count(), 1);
    await page.goBack();
    t.notMatch(await page.content(), key, 'and gone back to');
    t.equal(await count(), 1, 'no second one was made');
    const isUsed = async (): Promise<boolean> => {
      await page.reload();
      return (await page.locator('dl.rows').first().textContent())?.includes('Not yet') === false;
    };
    await until(isUsed, 'its use to be shown');

    await send(page, page.locator(revoke));
    t.equal(await page.locator(revoke).count(), 0);
    t.equal(await runCurl(command), '401');
  },
);
