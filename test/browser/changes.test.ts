// What apps changed, on pages: the list, one change, the question before it is brought back, and what came of it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { App } from './support/app.ts';
import { openBrowser } from './support/browser.ts';
import { testState } from './support/looks.ts';
import { startSite } from './support/site.ts';
import { send, sendCredentials } from './support/steps.ts';

const soup = `---
tags: [음식, soup]
---
# 김치찌개

- 김치 300 g
- 두부 한 모
- 물 두 컵

끓인 다음 두부를 넣는다.
`;

const site = await startSite(t, {
  notes: {
    '요리/김치찌개.md': soup,
    'Projects/Boat.md': '# Boat\n\nPaint it blue.\n\nSee [[Harbour]].\n',
    'Projects/Harbour.md': '# Harbour\n\nOpen until six. [[Boat]]\n',
    'Projects/Long/A name that goes on and on, as names of notes now and then do in spring.md': 'x\n',
    'Journal.md': '# Journal\n',
    'Projects/Sails.md': '# Sails\n\nTwo of canvas.\n',
  },
});
const browser = await openBrowser(t);
const claude = await App.register(t, site, { name: 'Claude' });
const tokens = await claude.connect(site.person);
const odd = await App.register(t, site, { name: '<b>다른 앱</b>' });
const oddTokens = await odd.connect(site.person);

async function call(tool: string, input: Record<string, unknown>, app = claude): Promise<string> {
  const { status, body } = await app.call(app === claude ? tokens : oddTokens, tool, input);
  if (status !== 200 || body.includes('"isError":true')) throw new Error(`${tool}: ${status} ${body}`);
  return body;
}

const inVault = (path: string): string => join(site.vault, path);
const revisionOf = async (id: string): Promise<string> =>
  /"revision\\?":\s*\\?"([\w-]+)/.exec(await call('fetch', { id }))?.[1] ?? '';

await call('create_note', { path: '요리/된장찌개.md', text: '# 된장찌개\n\n- 된장 두 숟갈' });
await call('append_to_note', { id: 'Journal.md', text: 'Bought paint for the boat.' }, odd);
await call('edit_note', {
  id: '요리/김치찌개.md',
  revision: await revisionOf('요리/김치찌개.md'),
  find: '끓인 다음 두부를 넣는다.',
  replace: '김치를 먼저 볶고, 물을 부어 15분 끓인 다음 두부를 넣는다.\n\n파는 불을 끄고 올린다.',
});
const long = 'Projects/Long/A name that goes on and on, as names of notes now and then do in spring.md';
await call('append_to_note', { id: long, text: 'y' });
await call('move_note', { id: 'Projects/Harbour.md', to: 'Places/Old harbour.md' });

async function open(page: Page): Promise<void> {
  await page.goto(`${site.apiOrigin}/vault/changes`);
  if ((await page.locator('input[name=password]').count()) > 0) await sendCredentials(page, site.person);
}

const row = (page: Page, path: string) => page.locator('.changes a', { hasText: path }).first();

async function openChange(page: Page, path: string): Promise<void> {
  await open(page);
  await send(page, row(page, path));
}

const askBack = (page: Page): Promise<void> =>
  send(page, page.locator('form:has(input[name=id]):has(input[value=back]) button').first());
const askAll = (page: Page): Promise<void> =>
  send(page, page.locator('form:has(input[name=app]) button').first());
async function askBackOf(page: Page, name: string): Promise<void> {
  await openChange(page, name);
  await askBack(page);
}

const confirm = (page: Page): Promise<void> => send(page, page.locator('button[name=confirm]'));

testState(t, browser, { name: 'changes', arrive: (page) => open(page), shows: '.changes li' });

testState(t, browser, {
  name: 'change',
  arrive: (page) => openChange(page, '김치찌개'),
  shows: '.difference ins',
});

testState(t, browser, {
  name: 'change-to-bring-back',
  arrive: (page) => askBackOf(page, '김치찌개'),
  shows: 'button[name=confirm]',
});

await call('append_to_note', { id: 'Projects/Boat.md', text: 'Paint it red instead.' });
await writeFile(
  inVault('Projects/Boat.md'),
  '# Boat\n\nIt is painted. See [[Old harbour]].\n\nNow the sails.\n',
);

testState(t, browser, {
  name: 'change-that-can-not-be-brought-back',
  arrive: (page) => askBackOf(page, 'Boat.md'),
  shows: '.warning .difference',
});

await call('delete_note', { id: 'Projects/Sails.md', revision: await revisionOf('Projects/Sails.md') });
await writeFile(inVault('Projects/SAILS.md'), '# Sails\n\nThree of linen.\n');

testState(t, browser, {
  name: 'change-whose-name-is-nearly-taken',
  arrive: (page) => askBackOf(page, 'Sails.md'),
  shows: '.warning',
});

testState(t, browser, {
  name: 'changes-to-bring-back',
  arrive: async (page) => {
    await openChange(page, '된장찌개');
    await askAll(page);
  },
  shows: '.changes .told',
});

testState(t, browser, {
  name: 'change-brought-back',
  arrive: async (page) => {
    await call('append_to_note', { id: 'Journal.md', text: 'One line more.' });
    await openChange(page, 'Journal.md');
    await askBack(page);
    await confirm(page);
  },
  shows: '.notice .told',
});

for (const scripts of [true, false]) {
  t.test(`two presses bring a note back, scripts ${scripts ? 'running' : 'blocked'}`, async (t) => {
    const before = await readFile(inVault('Journal.md'), 'utf8');
    await call('append_to_note', { id: 'Journal.md', text: 'Not meant.' });
    const page = await browser.open(t, { scripts, language: 'en' });
    await openChange(page, 'Journal.md');
    await askBack(page);
    t.equal(await page.locator('input[name=password]').count(), 0, 'the right comes without a question');
    t.match(await readFile(inVault('Journal.md'), 'utf8'), 'Not meant.');
    await confirm(page);
    t.match(await page.locator('.notice').textContent(), 'has its earlier text again');
    t.equal(await readFile(inVault('Journal.md'), 'utf8'), before);
  });
}

t.test('all of an app since a change comes back, and the list says what did', async (t) => {
  await call('append_to_note', { id: 'Journal.md', text: 'First.' }, odd);
  await call('append_to_note', { id: 'Journal.md', text: 'Second.' }, odd);
  await call('create_note', { path: 'Stray.md', text: 'x' }, odd);
  const page = await browser.open(t, { language: 'ko' });
  await open(page);
  await page.locator('.changes a', { hasText: 'Journal.md' }).nth(1).click();
  await page.locator('.difference ins', { hasText: 'First.' }).waitFor();
  await askAll(page);
  await confirm(page);
  t.match(await page.locator('.notice').textContent(), '변경 3개를 되돌렸습니다.');
  t.notMatch(await readFile(inVault('Journal.md'), 'utf8'), /First|Second/);
});

t.test('a form on a page of another site has nothing done', async (t) => {
  await call('append_to_note', { id: 'Journal.md', text: 'Stays.' });
  const page = await browser.open(t, { language: 'en' });
  await openChange(page, 'Journal.md');
  await askBack(page);
  const id =
    new URL(page.url()).searchParams.get('id') ?? (await page.locator('input[name=id]').first().inputValue());
  await page.goto('data:text/html,<title>x</title>');
  const form = `<form method=post action="${site.apiOrigin}/vault/changes"><input name=id value="${id}"><input name=confirm value=yes><button>x</button></form>`;
  await page.setContent(form);
  await send(page, page.locator('button'));
  t.notMatch(await page.locator('body').textContent(), 'has its earlier text again');
  t.match(await readFile(inVault('Journal.md'), 'utf8'), 'Stays.');
});
