// What a program finds behind a citation: a page that tells nothing.
import t from 'tap';
import { startWorld } from '../../support/loop-api.ts';

const withoutPath = (html: string, ...paths: string[]) =>
  paths.reduce(
    (text, path) => text.replaceAll(path, 'PATH').replaceAll(encodeURIComponent(path), 'PATH'),
    html,
  );

t.test('the page is the same for a note that exists and one that does not', async (t) => {
  const { url } = await startWorld(t);
  const there = await fetch(`${url}/notes/projects/loop.md`);
  const nowhere = await fetch(`${url}/notes/projects/none.md`);
  t.equal(there.status, 200);
  t.equal(nowhere.status, 200);
  t.equal(
    withoutPath(await there.text(), 'projects/loop.md'),
    withoutPath(await nowhere.text(), 'projects/none.md'),
  );
});

t.test('the path is shown and linked to Obsidian, escaped', async (t) => {
  const { url } = await startWorld(t);
  const path = `a"><script>alert('1')</script>&한국어.md`;
  const html = await (await fetch(`${url}/notes/${encodeURIComponent(path)}`)).text();
  t.notMatch(html, /<script(?! data-path=)|alert\('/);
  t.match(html, '&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;한국어.md');
  const [, href = ''] = /href="(obsidian[^"]*)"/.exec(html) ?? [];
  t.equal(href.replaceAll('&#39;', "'"), `obsidian://open?file=${encodeURIComponent(path)}`);
});

t.test('it loads nothing, frames nowhere and sends no referrer', async (t) => {
  const { url } = await startWorld(t);
  const { headers } = await fetch(`${url}/notes/a.md`);
  t.match(
    headers.get('content-security-policy'),
    /^default-src 'none'; .*frame-ancestors 'none'; form-action 'none'$/,
  );
  t.notMatch(headers.get('content-security-policy'), /unsafe/);
  t.equal(headers.get('referrer-policy'), 'no-referrer');
  t.equal(headers.get('x-content-type-options'), 'nosniff');
  t.equal(headers.get('content-type'), 'text/html; charset=utf-8');
});
