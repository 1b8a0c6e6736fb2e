// The vault on its page: its state, what a search gives a client, and why a note is not found.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Browser } from '../../../scripts/demo/browser.ts';
import { type PagesPair, startPagesPair } from '../../support/pages-pair.ts';

const notes = {
  'Apple.md': '# Apple\n\nThe tree needs water & light.\n',
  'Apple (conflicted copy 2026-01-02).md': '# Apple\n\nother\n',
  'Private/Diary.md': 'secret words\n',
  'Work/plan.md': 'apple plan\n',
  'Excluded/Old.md': 'old\n',
  '.obsidian/app.json': JSON.stringify({ userIgnoreFilters: ['Excluded/'] }),
};

const open = async (pair: PagesPair, browser: Browser, query = ''): Promise<string> => {
  const page = await pair.open(`/vault?${new URLSearchParams({ lang: 'en', query })}`, browser);
  t.equal(page.status, 200);
  return page.text.slice(page.text.indexOf('<header'));
};

t.test('the state of the vault is told, and what is hidden only as a number', async (t) => {
  const pair = await startPagesPair(t, { notes, settings: { API_HIDDEN: 'Private' } });
  const text = await open(pair, new Browser());
  t.match(text, '<dd>3</dd>');
  t.match(text, '1 by <code>API_HIDDEN</code>, 1 by Obsidian');
  t.match(text, 'Whole and up to date');
  t.match(text, 'Last change seen');
  t.match(text, 'Possible, for apps that you allow it');
  t.match(text, '<a href="/notes/Apple%20(conflicted%20copy%202026-01-02).md">');
  t.notMatch(text, /Diary|Old\.md/);
});

t.test('its form may lead on to the sign-in, for whose session is over meanwhile', async (t) => {
  const pair = await startPagesPair(t, { notes });
  const { headers } = await pair.open('/vault');
  const policy = headers.get('content-security-policy') ?? '';
  t.ok(policy.endsWith(`; form-action 'self' ${pair.auth.issuer}`));
  t.notMatch(policy, 'unsafe');
});

t.test('a search shows what the tool gives a client', async (t) => {
  const pair = await startPagesPair(t, { notes });
  const browser = new Browser();
  const text = await open(pair, browser, 'water');
  t.match(text, '<a href="/notes/Apple.md"><bdi>Apple</bdi></a>');
  t.match(text, 'The tree needs water &amp; light.');
  t.match(text, '1 note<');
  const { tokens } = await pair.auth.connect({ parameters: { resource: `${pair.url}/mcp` } });
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  for (const query of ['apple', 'plan water', '-tree apple', 'path:Work']) {
    const answer = await fetch(`${pair.url}/api/search?${new URLSearchParams({ query })}`, { headers });
    const { results } = (await answer.json()) as { results: { id: string }[] };
    const shown = await open(pair, browser, query);
    const list = shown.slice(shown.indexOf('<ol'), shown.indexOf('</ol'));
    const ids = [...list.matchAll(/<p class="small"><bdi>([^<]*)</g)].map(([, id]) => id);
    t.same(
      ids,
      results.map(({ id }) => id),
      query,
    );
  }
  t.match(await open(pair, browser, 'zzzz'), 'Nothing was found');
  const bent = await open(pair, browser, '"><script>alert(1)</script>');
  t.notMatch(bent, '<script>alert');
  t.match(await open(pair, browser, 'x'.repeat(3_000)), 'Nothing was found', 'a long one is cut');
});

t.test('a note that is there and not found is explained', async (t) => {
  const unreadable = Buffer.concat([Buffer.from('# Bin'), Buffer.alloc(9)]);
  const pair = await startPagesPair(t, {
    notes: { ...notes, 'Odd.md': unreadable },
    settings: { API_HIDDEN: 'Private' },
  });
  const browser = new Browser();
  t.match(await open(pair, browser, 'Diary'), 'hidden by <code>API_HIDDEN</code>');
  t.match(await open(pair, browser, 'private/diary.md'), 'hidden by <code>API_HIDDEN</code>');
  t.match(await open(pair, browser, 'Old'), '“Excluded files” have it');
  t.notMatch(await open(pair, browser, 'Apple'), 'A note of this name');
});

t.test('what is added is found, and what goes away is told', async (t) => {
  const pair = await startPagesPair(t, { notes: { 'One.md': 'one' } });
  const browser = new Browser();
  await open(pair, browser);
  await mkdir(join(pair.vault, 'New'), { recursive: true });
  await writeFile(join(pair.vault, 'New/Two.md'), 'a second note');
  while (!(await open(pair, browser, 'second')).includes('New/Two.md'));
});

t.test('signed out, every path below /vault has one answer', async (t) => {
  const { url } = await startPagesPair(t, { notes });
  for (const path of ['/vault', '/vault/changes', '/vault/files/a.png', '/vault/none']) {
    const answer = await fetch(url + path, { redirect: 'manual', headers: { Accept: 'text/html' } });
    t.equal(answer.status, 303, path);
    t.equal(answer.headers.get('location'), `/sign-in?to=${encodeURIComponent(path)}`);
  }
});
