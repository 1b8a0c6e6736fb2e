// A note on its page: what Markdown and Obsidian's own signs become, where links lead, and what is never done.
import { rename } from 'node:fs/promises';
import t from 'tap';
import { Browser } from '../../../scripts/demo/browser.ts';
import { startPagesPair } from '../../support/pages-pair.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const notes = {
  'Garden/Apple.md': [
    '---\nkind: tree\ntags: [fruit, red]\n---\n# Apple\n',
    'See [[Pear]], [[Pear#How to prune|pruning]], [[Nowhere]] and [the pear](Pear.md).',
    'The pear is a pome [[Pear|fruit]](sub/Pear.md).',
    '[out](https://example.org/a) [mail](mailto:a@example.org) [bad](javascript:alert(1)) [data](data:text/html,x)',
    '<script>alert(1)</script> <img src=x onerror=alert(1)>',
    '\n> [!warning] Look out\n> Frost is near.\n',
    '> [!tip]- Folded\n> inside\n',
    '| a | b |\n|---|---|\n| 1 | [[Pear\\|shown]] |\n',
    '- [ ] water\n- [x] prune\n',
    '```js\nconst a = "[[Pear]]";\n```\n',
    '![[tree.png|200]] ![alt](tree.png) ![far](https://example.org/far.png) ![[gone.png]]',
    '\n## A heading, twice\n\n## A heading, twice\n\n## 한국어 제목\n',
  ].join('\n'),
  'Garden/Pear.md': '# Pear\n\n## How to prune\n\nIn winter. [[Apple]]\n',
  'Garden/tree.png': png,
  'Garden/sub/Pear.md': 'another pear\n',
  'evil.svg': '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
  'fake.png': '<html><script>alert(1)</script>',
};

t.test('a note is shown as Obsidian shows it', async (t) => {
  const { url, open } = await startPagesPair(t, { notes });
  const browser = new Browser();
  const page = await open('/notes/Garden/Apple.md?lang=en', browser);
  t.equal(page.status, 200);
  const text = page.text.slice(page.text.indexOf('<header'));
  const has = (what: string | RegExp, why = '') => t.match(text, what, why);
  has('<a href="/notes/Garden/Pear.md">Pear</a>', 'the nearest of two wins');
  has('<a href="/notes/Garden/Pear.md#how-to-prune">pruning</a>');
  has('<span class="missing">Nowhere</span>');
  has('<a href="/notes/Garden/Pear.md">the pear</a>');
  has('<a href="/notes/Garden/Pear.md">fruit</a>(sub/Pear.md).', 'what follows a wiki link is text');
  has('<a href="https://example.org/a" rel="noreferrer noopener">out</a>');
  t.notMatch(text, /href="(javascript|data):/);
  t.notMatch(text, /<script>alert|<img src=x/);
  has('&lt;script&gt;alert(1)&lt;/script&gt;');
  has('<div class="callout care">\n<p class="callout-title">Look out</p>\n<p>Frost is near.</p>\n</div>');
  has('<details class="callout good">\n<summary class="callout-title">Folded</summary>');
  has('<td><a href="/notes/Garden/Pear.md">shown</a></td>');
  has('<span class="task-mark" role="img" aria-label="to do">☐</span> water');
  has('aria-label="done">☑</span> prune');
  has('[[Pear]]&quot;;', 'code is code');
  has('<img src="/vault/files/Garden/tree.png" alt="tree.png" width="200" loading="lazy">');
  has('<img src="/vault/files/Garden/tree.png" alt="alt" loading="lazy">');
  has('<a class="outside-image" href="https://example.org/far.png" rel="noreferrer noopener">far</a>');
  t.notMatch(text, /<img[^>]+https?:/, 'nothing is loaded from elsewhere');
  has('<span class="missing">gone.png</span>');
  has('<h2 id="a-heading-twice">');
  has('<h2 id="a-heading-twice-1">');
  has('<h2 id="한국어-제목">');
  has('<th scope="row"><bdi>kind</bdi></th><td><bdi>tree</bdi></td>');
  has('fruit, red');
  has('obsidian://open?vault=Garden&amp;file=Garden%2FApple.md');
  has(`id="note-link">${url}/notes/Garden/Apple.md<`);
  has('<bdi>ann</bdi>', 'who is signed in');
  has('/session/end"', 'a way to sign out');
  t.equal((text.match(/<h1>/g) ?? []).length, 1);
  t.notMatch(text, '<h2 id="apple">', 'the title stands there once');
  const policy = page.headers.get('content-security-policy') ?? '';
  t.match(policy, "img-src 'self' data:");
  t.match(policy, "default-src 'none'");
  t.notMatch(policy, 'unsafe');
  const pear = await browser.visit(`${url}/notes/Garden/Pear.md`);
  t.match(pear.text, '<li><a href="/notes/Garden/Apple.md"><bdi>Garden/Apple.md</bdi></a></li>');
});

t.test('images of the vault are sent to who is signed in, and nothing else is', async (t) => {
  const { url, open } = await startPagesPair(t, { notes, settings: { API_HIDDEN: 'Private' } });
  const browser = new Browser();
  await open('/notes/Garden/Pear.md', browser);
  const Cookie = await browser.cookiesFor(`${url}/`);
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${url}/vault/files/${path}`, { redirect: 'manual', headers: { Cookie }, ...init });
  const answer = await ask('Garden/tree.png');
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('content-type'), 'image/png');
  t.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  t.match(answer.headers.get('content-security-policy'), 'sandbox');
  t.same(Buffer.from(await answer.arrayBuffer()), png);
  const head = await ask('Garden/tree.png', { method: 'HEAD' });
  t.equal(head.headers.get('content-length'), String(png.length));
  for (const path of [
    'evil.svg',
    'fake.png',
    'Garden/Apple.md',
    'none.png',
    '..%2f..%2fetc%2fpasswd',
    '.obsidian/x.png',
    'Private/a.png',
  ]) {
    t.equal((await ask(path)).status, 404, path);
  }
  t.equal((await ask('Garden/tree.png', { headers: {} })).status, 303, 'signed out');
});

t.test('who is signed in is told where there is no note, and one that is hidden is none', async (t) => {
  const { open } = await startPagesPair(t, {
    notes: { ...notes, 'Private/Diary.md': 'secret words' },
    settings: { API_HIDDEN: 'Private' },
  });
  const browser = new Browser();
  for (const path of ['/notes/None.md', '/notes/Private/Diary.md', '/notes/%E0%A4%A', '/notes/a%00b.md']) {
    const page = await open(`${path}?lang=en`, browser);
    t.equal(page.status, 404, path);
    t.match(page.text, 'No such note');
    t.match(page.text, 'href="/vault?query=');
    t.notMatch(page.text, 'secret words');
  }
});

t.test('a long note is shown in parts, each with a way to the next', async (t) => {
  const { url, open } = await startPagesPair(t, {
    notes: { 'Long.md': 'Some words of a sentence.\n\n'.repeat(4_000) },
  });
  const browser = new Browser();
  let page = await open('/notes/Long.md?lang=en', browser);
  t.match(page.text, 'This is a long note');
  let parts = 1;
  for (let next = nextOf(page.text); next !== undefined; next = nextOf(page.text)) {
    page = await browser.visit(`${url}${next}`);
    parts += 1;
  }
  t.equal(parts, 4);
  t.match(page.text, 'of 108,000 are shown');
});

const nextOf = (text: string): string | undefined => /href="([^"]*\?from=\d+)"/.exec(text)?.[1];

t.test('while the folder is away the page says so, and the search goes on', async (t) => {
  const { open, vault } = await startPagesPair(t, { notes });
  const browser = new Browser();
  await open('/vault', browser);
  await rename(vault, `${vault}-elsewhere`);
  const page = await open('/notes/Garden/Apple.md?lang=en', browser);
  t.equal(page.status, 503);
  t.match(page.text, 'The notes can’t be reached just now');
  t.match((await open('/vault?lang=en&query=winter', browser)).text, 'Garden/Pear.md');
  await rename(`${vault}-elsewhere`, vault);
});
