// The doors of both services, and loop-api's pages for who is signed in: a note, the vault, and what is not there.
import type { Page } from 'playwright-core';
import t from 'tap';
import { openBrowser } from './support/browser.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { send, sendCredentials } from './support/steps.ts';

const rich = `---
tags: [정원, garden]
status: draft
---
# 사과나무

물을 주는 날은 **월요일**입니다. [[Boat|배]]와 [[없는 노트]], [바깥](https://example.com).

> [!note] 알림
> 가지치기는 3월에.

- [x] 물 주기
- [ ] 거름 주기

| 달 | 할 일 |
|---|---|
| 3월 | 가지치기 |

\`\`\`js
const tree = 'apple';
\`\`\`

<b onclick="alert(1)">날것</b>
`;

const site = await startSite(t, {
  notes: {
    '정원/사과나무.md': rich,
    'Projects/Boat.md': '# Boat\n\nPaint it. [[사과나무]]\n',
    'Private/Secret.md': '# Secret\n',
  },
  settings: { API_HIDDEN: 'Private' },
});
const browser = await openBrowser(t);

async function signIn(page: Page, path: string): Promise<void> {
  await page.goto(site.apiOrigin + path);
  await sendCredentials(page, site.person);
}

testState(t, browser, {
  name: 'door-of-loop-auth',
  arrive: (page) => page.goto(site.issuer),
  shows: '#mcp-url',
});

testState(t, browser, {
  name: 'door-of-loop-api',
  arrive: (page) => page.goto(site.apiOrigin),
  shows: '#address',
});

testState(t, browser, {
  name: 'door-at-the-mcp-url',
  arrive: (page) => page.goto(site.resource),
  shows: '#address',
});

testState(t, browser, {
  name: 'connect-signed-out',
  arrive: (page) => page.goto(`${site.issuer}/connect`),
  shows: '#mcp-url',
});

testState(t, browser, {
  name: 'note',
  arrive: (page) => signIn(page, '/notes/정원/사과나무.md'),
  shows: 'main table',
  readme: true,
});

testState(t, browser, {
  name: 'note-that-is-not-there',
  arrive: (page) => signIn(page, '/notes/No/Such.md'),
  shows: 'main a[href]',
});

testState(t, browser, {
  name: 'vault',
  arrive: (page) => signIn(page, '/vault'),
  shows: 'input[name=query]',
});

testState(t, browser, {
  name: 'vault-search',
  arrive: async (page) => {
    await signIn(page, '/vault');
    await page.locator('input[name=query]').fill('사과나무');
    await send(page, page.locator('form:has(input[name=query]) button[type=submit]'));
  },
  shows: 'main a[href*="/notes/"]',
});

testState(t, browser, {
  name: 'vault-search-for-a-hidden-note',
  arrive: (page) => signIn(page, '/vault?query=Secret'),
  shows: 'main code',
  check: async (t, page) => {
    t.match(await page.locator('main').textContent(), 'API_HIDDEN', 'it says by what');
  },
});

testState(t, browser, {
  name: 'nothing-here-of-loop-api',
  arrive: (page) => page.goto(`${site.apiOrigin}/nothing`),
  shows: 'main h1',
});

for (const scripts of [true, false]) {
  t.test(
    `a citation leads to its note by one sign-in, scripts ${scripts ? 'running' : 'blocked'}`,
    async (t) => {
      const page = await browser.open(t, { scripts, language: 'ko' });
      await signIn(page, '/notes/정원/사과나무.md');
      t.match(decodeURI(page.url()), '/notes/정원/사과나무.md');
      t.match(await page.locator('main').textContent(), '물을 주는 날은');
      t.equal(await page.locator('main b[onclick]').count(), 0, 'raw HTML is text');
      await Promise.all([
        page.waitForEvent('domcontentloaded'),
        page.locator('main a', { hasText: '배' }).first().click(),
      ]);
      t.match(decodeURI(page.url()), '/notes/Projects/Boat.md', 'its links lead on');
      t.match(await page.locator('header').textContent(), site.person.username);
    },
  );
}

t.test('who signs out of loop-auth is signed out of loop-api’s pages', async (t) => {
  const page = await browser.open(t, { scripts: false });
  await signIn(page, '/vault');
  await page.goto(`${site.issuer}/account`);
  await send(page, page.locator('button[form=sign-out]'));
  const asked = async (): Promise<boolean> => {
    await page.goto(`${site.apiOrigin}/vault`);
    return (await page.locator('input[name=password]').count()) === 1;
  };
  let isAsked = await asked();
  // within the seconds that an answer about a token is kept
  for (const deadline = Date.now() + 40_000; !isAsked && Date.now() < deadline; isAsked = await asked()) {
    await page.waitForTimeout(1000);
  }
  t.equal(isAsked, true);
});
