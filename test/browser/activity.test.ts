// What happened, on a server with one account: tries that went well and badly, of the owner and of nobody, and events.
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import t from 'tap';
import { openDatabase } from '../../adapters/database/open.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import { AccountEventStore } from '../../adapters/stores/timeline/account-events.ts';
import { LedgerStore } from '../../adapters/stores/timeline/ledger.ts';
import { type Step, type StepName, type Try, TryStore } from '../../adapters/stores/timeline/tries.ts';
import { openBrowser } from './support/browser.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { sendCredentials } from './support/steps.ts';

const code = '6f2a1c04-9f3e-4b0c-8a55-0d1f6f6c2b11';
const site = await startSite(t);
const browser = await openBrowser(t);
await fill();

/** One of each kind, as they are stored. */
async function fill(): Promise<void> {
  const database = await openDatabase(site.pair.databaseUrl);
  const [accountId = ''] = await new AccountStore(database).listIds();
  const now = Math.floor(Date.now() / 1000);
  const minute = 60;
  const whole: StepName[] = ['knocked', 'found', 'described', 'asked', 'signInShown', 'signedIn', 'allowed'];
  await new TryStore(database).save([
    madeTry({ accountId, clientId: 'Claude' }, now - 9 * minute, [...whole, 'tokenGiven', 'called'], {
      refreshed: 214,
    }),
    madeTry(
      { accountId, clientId: '아주 긴 이름을 가진 공책 편집기', cause: 'codeNeverCame', code },
      now - 40 * minute,
      whole,
    ),
    madeTry(
      {
        clientId: 'An editor with a rather long name of its own',
        cause: 'resourceWrong',
        code: randomUUID(),
      },
      now - 3 * minute,
      ['found', 'described', 'asked'],
    ),
    madeTry({ network: '2001:db8:0:7', isGuessed: true }, now - 30 * minute, ['knocked', 'found']),
  ]);
  const told = {
    accountId,
    network: '203.0.113.7',
    clientId: undefined,
    reason: undefined,
    isRefusal: false,
  };
  await new AccountEventStore(database).add([
    { ...told, at: now - 2 * minute, event: 'sign_in.failed', isRefusal: true },
    { ...told, at: now - 12 * minute, event: 'account.password_set', network: 'none', reason: 'operator' },
    { ...told, at: now - 15 * minute, event: 'backup.restored', network: 'none', reason: 'operator' },
    { ...told, at: now - 16 * minute, event: 'sessions.revoked' },
  ]);
  const signIn = { accountId, clientId: 'x', network: '203.0.113.7', scopes: [] };
  const ledger = new LedgerStore(database);
  await ledger.add({ ...signIn, grantId: 'one', app: 'Claude claude.ai' }, undefined);
  await ledger.add(
    { ...signIn, grantId: 'two', app: '아주 긴 이름을 가진 공책 편집기 127.0.0.1' },
    undefined,
  );
  await ledger.add(
    { ...signIn, grantId: 'three', app: '아주 긴 이름을 가진 공책 편집기 127.0.0.1' },
    'forgotten',
  );
  await database.close();
}

function madeTry(
  facts: Partial<Try>,
  at: number,
  steps: readonly StepName[],
  counts: Partial<Record<StepName, number>> = {},
): Try {
  const step = (count: number, isLast = false): Step => ({
    at,
    network: '203.0.113.7',
    result: isLast && facts.cause !== undefined && facts.cause !== 'codeNeverCame' ? 'failed' : 'done',
    count,
  });
  const made = steps.map((name, index) => [name, step(1, index === steps.length - 1)] as const);
  const repeated = Object.entries(counts).map(([name, count]) => [name, step(count)] as const);
  return {
    id: randomUUID(),
    startedAt: at,
    updatedAt: at,
    network: '203.0.113.7',
    clientId: undefined,
    accountId: undefined,
    grantId: undefined,
    request: undefined,
    cause: undefined,
    code: undefined,
    isGuessed: false,
    ...facts,
    steps: Object.fromEntries([...made, ...repeated]),
  };
}

async function goToActivity(page: Page, query = ''): Promise<void> {
  await page.goto(`${site.issuer}/account/activity${query}`);
  await sendCredentials(page, site.person);
}

testState(t, browser, {
  name: 'activity-of-the-only-account',
  arrive: (page) => goToActivity(page),
  shows: 'form:has(input[name=code])',
  check: async (t, page) => {
    t.equal(await page.locator('.try').count(), 4);
    t.equal(await page.locator('.try .hint').count(), 3, 'each that went no further says why');
  },
});

testState(t, browser, {
  name: 'activity-of-a-code',
  arrive: (page) => goToActivity(page, `?code=${code}`),
  shows: '.try .hint',
  check: async (t, page) => {
    t.equal(await page.locator('.try').count(), 1);
    await page.locator('.try summary').click();
    t.equal(await page.locator('.try dd').first().isVisible(), true, 'each step opens with its time');
    await page.locator('.try summary').click();
  },
});

testState(t, browser, {
  name: 'activity-of-an-unknown-code',
  arrive: (page) => goToActivity(page, `?code=${randomUUID()}`),
  shows: 'form:has(input[name=code])',
});
