// What apps changed, on pages: who sees what of it, and that nothing in it is taken for a part of the page.
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { connectApp, openNewest, openWithToken } from '../../../support/changing-app.ts';
import { startPagesPair } from '../../../support/pages-pair.ts';

const main = (text: string): string => text.slice(text.indexOf('<main'), text.indexOf('</main'));

t.test('each change says when, which app, which note, and what was there before and after', async (t) => {
  const pair = await startPagesPair(t, { notes: { 'Soup.md': 'one\ntwo\n', 'old.md': 'x\n' } });
  const app = await connectApp(pair, 'Claude');
  const browser = new Browser();
  t.match((await pair.open('/vault/changes?lang=en', browser)).text, 'No app has changed anything yet');
  await app.append('Soup.md', 'three');
  await app.call('create_note', { path: 'New.md', text: 'made' });
  await app.call('move_note', { id: 'old.md', to: 'Deep/new.md' });
  const { text } = await browser.visit(`${pair.url}/vault/changes?lang=en`);
  const list = main(text);
  t.match(
    list,
    /Moved <bdi>old\.md<\/bdi> to <bdi>Deep\/new\.md<\/bdi>[\s\S]*Made <bdi>New\.md<\/bdi>[\s\S]*Added to <bdi>Soup\.md/,
  );
  t.match(list, '<bdi class="app-name">Claude</bdi>');
  t.match(list, /\d{4}.*\(UTC\)/, 'a time');
  const [, , href = ''] = [...list.matchAll(/<a href="(\/vault\/changes\?id=[^"]+)"/g)].map(([, one]) => one);
  const one = await browser.visit(pair.url + href);
  t.match(main(one.text), /<ins>three<\/ins>/);
  t.match(main(one.text), '<p dir="auto">two</p>');
  t.match(main(one.text), '<a href="/notes/Soup.md"><bdi>Soup.md</bdi></a>');
  t.notMatch(main(one.text), '<del>');
  t.match(main((await browser.visit(`${pair.url}${href}&lang=ko`)).text), '되돌리기');
  t.match((await browser.visit(`${pair.url}/vault?lang=en`)).text, 'href="/vault/changes"');
  const note = await browser.visit(`${pair.url}/notes/Deep/new.md?lang=en`);
  const [, ofNote = ''] = /href="(\/vault\/changes\?note=[^"]+)"/.exec(note.text) ?? [];
  const changes = main((await browser.visit(pair.url + ofNote)).text);
  t.match(changes, 'Moved <bdi>old.md');
  t.notMatch(changes, 'Soup.md');
});

t.test('a long list has pages, and one of an app and since a time', async (t) => {
  const pair = await startPagesPair(t, { notes: { 'n.md': '0\n' } });
  const [app, other] = [await connectApp(pair, 'Claude'), await connectApp(pair, 'Gemini')];
  for (let count = 1; count <= 31; count += 1) await app.append('n.md', `line ${count}`);
  await other.call('create_note', { path: 'other.md', text: 'x' });
  const browser = new Browser();
  const first = await pair.open('/vault/changes?lang=en', browser);
  const ids = (text: string): string[] =>
    [...main(text).matchAll(/<a href="\/vault\/changes\?id=([^"]+)"/g)].map(([, id = '']) => id);
  t.equal(ids(first.text).length, 30);
  const [, older = ''] = /href="(\/vault\/changes\?before=[^"]+)"/.exec(first.text) ?? [];
  const second = await browser.visit(pair.url + older);
  t.equal(ids(second.text).length, 2);
  t.equal(new Set([...ids(first.text), ...ids(second.text)]).size, 32);
  const query = new URLSearchParams({ app: other.clientId, lang: 'en' });
  const ofOther = await browser.visit(`${pair.url}/vault/changes?${query}`);
  t.equal(ids(ofOther.text).length, 1);
  t.match(main(ofOther.text), '“Gemini”');
  const since = await browser.visit(`${pair.url}/vault/changes?app=${app.clientId}&since=2000-01-01`);
  t.equal(ids(since.text).length, 30);
  for (const bent of ['before=x', 'before=../../x', 'since=never', 'app=', `app=${'x'.repeat(3_000)}`]) {
    t.equal((await browser.visit(`${pair.url}/vault/changes?${bent}`)).status, 200, bent.slice(0, 20));
  }
  for (const id of ['', 'x', '../../x', '20200101T000000000Z-00000000']) {
    const page = await browser.visit(`${pair.url}/vault/changes?${new URLSearchParams({ id, lang: 'en' })}`);
    t.equal(page.status, 404);
    t.match(page.text, 'No such change');
  }
});

t.test('what an app, a note or a name of one says is text', async (t) => {
  const bad = '<script>alert(1)</script>"\'&';
  const pair = await startPagesPair(t, { notes: { [`x${bad.replaceAll('/', '')}.md`]: `${bad}\n` } });
  const app = await connectApp(pair, `App ${bad}`);
  await app.append(`x${bad.replaceAll('/', '')}.md`, `more ${bad}`);
  const browser = new Browser();
  const pages = [await pair.open('/vault/changes?lang=en', browser), await openNewest(pair, browser)];
  const one = pages[1]?.url.search.slice(1) ?? '';
  pages.push(
    await browser.visit(`${pair.url}/vault/changes?${one}&ask=back&lang=en`),
    await browser.visit(`${pair.url}/vault/changes?app=${app.clientId}&since=2000-01-01&ask=back&lang=en`),
    await browser.visit(
      `${pair.url}/vault/changes?${new URLSearchParams({ note: bad, app: bad, lang: bad })}`,
    ),
  );
  await writeFile(join(pair.vault, `x${bad.replaceAll('/', '')}.md`), `changed since ${bad}\n`);
  pages.push(await browser.visit(`${pair.url}/vault/changes?${one}&ask=back&lang=en`));
  for (const { status, text, url } of pages) {
    t.equal(status, 200, url.search);
    t.notMatch(text, '<script>alert', url.search);
    t.notMatch(main(text), /<(?:script|img)/);
  }
  t.match(pages[1]?.text, 'more &lt;script&gt;');
});

t.test('a text that is long is shown in part, and one that is none is not', async (t) => {
  const pair = await startPagesPair(t, { notes: { 'n.md': 'start\n' } });
  const app = await connectApp(pair, 'Claude');
  await app.append('n.md', Array.from({ length: 5_000 }, (_, line) => `line ${line}`).join('\n'));
  const browser = new Browser();
  const { text } = await openNewest(pair, browser);
  t.match(text, 'There is more of it than is shown here');
  t.ok(text.length < 300_000);
  await app.append('n.md', 'x'.repeat(20_000));
  t.match((await openNewest(pair, browser)).text, /x…<\/ins>/);
});

t.test('a session that reaches some folders only is shown what lies in them', async (t) => {
  const pair = await startPagesPair(t, { notes: { 'Open/n.md': 'one\n', 'Closed/secret.md': 'secret\n' } });
  const app = await connectApp(pair, 'Claude');
  await app.append('Closed/secret.md', 'more');
  const browser = new Browser();
  await pair.open('/vault', browser);
  const { url } = await openNewest(pair, browser);
  await app.append('Open/n.md', 'two');
  const choice = { access: 'write', reach: 'some', folders: 'Open' };
  const part = await connectApp(pair, 'Narrow', choice);
  const list = await openWithToken(pair, part.token, '/vault/changes?lang=en');
  t.equal(list.status, 200);
  t.match(list.text, 'Open/n.md');
  t.notMatch(list.text, /Closed|secret/);
  for (const ask of ['', '&ask=back', '&ask=copy']) {
    const page = await openWithToken(pair, part.token, `/vault/changes${url.search}${ask}`);
    t.equal(page.status, 404, ask);
    t.notMatch(page.text, /Closed|secret/);
  }
});

t.test('while the folder of notes is away, or loop-auth, a page says so', async (t) => {
  const pair = await startPagesPair(t, {
    notes: { 'n.md': 'one\n' },
    settings: { API_INTROSPECTION_CACHE_SECONDS: '0', API_INTROSPECTION_STALE_SECONDS: '0' },
  });
  const browser = new Browser();
  await pair.open('/vault', browser);
  await rename(pair.vault, `${pair.vault}-away`);
  const away = await browser.visit(`${pair.url}/vault/changes?lang=en`);
  t.equal(away.status, 503);
  t.match(away.text, 'The notes can’t be reached just now');
  await rename(`${pair.vault}-away`, pair.vault);
  pair.auth.phase = 'stopping';
  t.equal((await browser.visit(`${pair.url}/vault/changes`)).status, 503);
});

t.test('it is answered to GET and POST alone', async (t) => {
  const { url } = await startPagesPair(t);
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const { status, headers } = await fetch(`${url}/vault/changes`, { method });
    t.equal(status, 405);
    t.equal(headers.get('allow'), 'GET, HEAD, POST');
  }
});
