// Bringing back what apps changed, from its page: by who may, once they were asked, and nothing that was written since is lost.
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ChangeHistory } from '../../../../api/vault/changes/undoing/history.ts';
import { Browser, type Page } from '../../../../scripts/demo/browser.ts';
import { connectApp, openNewest, openWithToken } from '../../../support/changing-app.ts';
import { canMount, runWithMounts } from '../../../support/mounts.ts';
import { type PagesPair, startPagesPair } from '../../../support/pages-pair.ts';

const read = ({ vault }: PagesPair, path: string): Promise<string> => readFile(join(vault, path), 'utf8');

const idOf = ({ url }: Page): string => url.searchParams.get('id') ?? '';

async function startWorld(t: Test, notes: Record<string, string> = { 'n.md': 'one\n' }) {
  const pair = await startPagesPair(t, { notes });
  const app = await connectApp(pair, 'Claude');
  const browser = new Browser();
  await pair.open('/vault?lang=en', browser);
  return { pair, app, browser };
}

const count = async ({ vault }: PagesPair): Promise<number> =>
  (await new ChangeHistory(vault).findAll()).length;

t.test('one change is brought back by two presses, in the name of the person', async (t) => {
  const { pair, app, browser } = await startWorld(t);
  await app.append('n.md', 'two');
  const change = await openNewest(pair, browser);
  const question = await browser.submit(change, { ask: 'back' });
  t.equal(
    question.url.pathname,
    '/vault/changes',
    'the right was had on the way, without a question of consent',
  );
  t.match(question.text, '<strong><bdi>n.md</bdi></strong>: gets its earlier text again');
  t.equal(await read(pair, 'n.md'), 'one\n\ntwo\n', 'nothing is done yet');
  t.equal(await count(pair), 1);
  const done = await browser.submit(question, { confirm: 'yes' });
  t.equal(done.status, 200);
  t.equal(idOf(done), idOf(change));
  t.match(done.text, '<strong><bdi>n.md</bdi></strong>: has its earlier text again');
  t.match(done.text, 'Undone ');
  t.equal(await read(pair, 'n.md'), 'one\n');
  const [undo] = await new ChangeHistory(pair.vault).findAll();
  t.match(undo, { kind: 'undo', undoes: idOf(change), client: { id: 'loop-api' }, account: { name: 'ann' } });
  const again = await browser.submit(await openNewest(pair, browser), { ask: 'back' });
  t.match(again.text, 'Undo this change?', 'an undoing can be undone, too');
  await browser.submit(again, { confirm: 'yes' });
  t.equal(await read(pair, 'n.md'), 'one\n\ntwo\n');
});

t.test('a session that may only read changes nothing, whatever the form says', async (t) => {
  const { pair, app, browser } = await startWorld(t);
  await app.append('n.md', 'two');
  const id = idOf(await openNewest(pair, browser));
  const cookies = await browser.cookiesFor(`${pair.url}/`);
  const post = (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${pair.url}/vault/changes`, {
      method: 'POST',
      redirect: 'manual',
      headers: { Accept: 'text/html', Cookie: cookies, ...headers },
      body: new URLSearchParams(fields),
    });
  const answer = await post({ id, confirm: 'yes' });
  t.equal(answer.status, 303);
  const to = `/vault/changes?id=${id}&ask=back`;
  t.equal(answer.headers.get('location'), `/sign-in?${new URLSearchParams({ to, for: 'changing' })}`);
  t.equal((await post({ id }, { Cookie: '' })).headers.get('location'), '/sign-in?to=%2Fvault%2Fchanges');
  const narrow = await connectApp(pair, 'Reader', { access: 'read' });
  t.equal(
    (await openWithToken(pair, narrow.token, to)).status,
    200,
    'who reads may see what would come of it',
  );
  t.equal(await read(pair, 'n.md'), 'one\n\ntwo\n');
  t.equal(await count(pair), 1);
});

t.test('a form of another site is refused, and has nothing done', async (t) => {
  const { pair, app, browser } = await startWorld(t);
  await app.append('n.md', 'two');
  const change = await openNewest(pair, browser);
  const question = await browser.submit(change, { ask: 'back' });
  const cookies = await browser.cookiesFor(`${pair.url}/`);
  t.equal(question.headers.get('referrer-policy'), 'same-origin', 'else browsers send Origin: null');
  t.match(question.headers.get('content-security-policy'), /form-action 'self' http:\/\/127\.0\.0\.1:\d+$/);
  for (const headers of [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: pair.url.replace('localhost', '127.0.0.1') },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site', Origin: pair.url },
  ] as Record<string, string>[]) {
    const answer = await fetch(`${pair.url}/vault/changes`, {
      method: 'POST',
      headers: { Accept: 'text/html', Cookie: cookies, ...headers },
      body: new URLSearchParams({ id: idOf(change), confirm: 'yes' }),
    });
    t.equal(answer.status, 403, JSON.stringify(headers));
    t.match(await answer.text(), /another site|다른 사이트/);
  }
  t.equal(await read(pair, 'n.md'), 'one\n\ntwo\n');
  const get = await browser.visit(`${pair.url}/vault/changes?id=${idOf(change)}&ask=back&confirm=yes`);
  t.equal(get.status, 200);
  t.equal(await count(pair), 1, 'and an address alone does nothing');
});

t.test('a note that was changed since stays, and its earlier text can be had beside it', async (t) => {
  const { pair, app, browser } = await startWorld(t);
  await app.append('n.md', 'two');
  const change = await openNewest(pair, browser);
  await writeFile(join(pair.vault, 'n.md'), 'mine\n');
  const question = await browser.submit(change, { ask: 'back' });
  t.match(question.text, 'stays as it is, since it was changed meanwhile');
  t.match(question.text, '<del>mine</del>', 'what would be lost');
  t.match(question.text, 'Nothing of this can be undone');
  t.notMatch(question.text, 'name="confirm"');
  const none = await browser.submit(change, { ask: 'back', confirm: 'yes' });
  t.equal(await read(pair, 'n.md'), 'mine\n', 'whatever is sent');
  t.match(none.text, 'Nothing was changed');
  t.match(none.text, 'Not as before the change, since it was changed meanwhile');
  const asked = await browser.submit(none, { ask: 'copy' });
  t.match(asked.text, /stays as it is; its earlier text comes beside it, as <bdi>n \(before .*\)\.md<\/bdi>/);
  const done = await browser.submit(asked, { confirm: 'yes' });
  const [copy = ''] = (await readdir(pair.vault)).filter((name) => name.startsWith('n (before'));
  t.match(done.text, `<strong><bdi>${copy}</bdi></strong>: holds the earlier text`);
  t.equal(await read(pair, copy), 'one\n');
  t.equal(await read(pair, 'n.md'), 'mine\n');
});

t.test('who changed the note between the question and the answer loses nothing', async (t) => {
  const { pair, app, browser } = await startWorld(t);
  await app.append('n.md', 'two');
  const question = await browser.submit(await openNewest(pair, browser), { ask: 'back' });
  await writeFile(join(pair.vault, 'n.md'), 'mine\n');
  const done = await browser.submit(question, { confirm: 'yes' });
  t.match(done.text, 'Nothing was changed');
  t.equal(await read(pair, 'n.md'), 'mine\n');
});

t.test('all of an app since a change is brought back, and what it does meanwhile is not', async (t) => {
  const { pair, app, browser } = await startWorld(t, { 'n.md': '0\n', 'mine.md': 'm\n' });
  const other = await connectApp(pair, 'Gemini');
  await app.append('n.md', '1');
  await app.append('n.md', '2');
  const second = await openNewest(pair, browser);
  await app.call('create_note', { path: 'made.md', text: 'made' });
  await app.append('mine.md', 'app');
  await other.call('create_note', { path: 'other.md', text: 'x' });
  await writeFile(join(pair.vault, 'mine.md'), 'changed since\n');
  t.match(second.text, 'Undo this and all that “Claude” changed after it');
  const question = await browser.submit(second, { app: app.clientId });
  t.match(question.text, /Undo all that .*“Claude”.* changed since/);
  t.match(question.text, '3 changes, the newest first');
  t.match(
    question.text,
    '<strong><bdi>mine.md</bdi></strong>: stays as it is, since it was changed meanwhile',
  );
  t.match(question.text, '<strong><bdi>made.md</bdi></strong>: goes to the trash');
  t.notMatch(question.text, 'other.md');
  await app.append('n.md', 'meanwhile');
  await app.call('create_note', { path: 'later.md', text: 'y' });
  const done = await browser.submit(question, { confirm: 'yes' });
  t.match(done.text, '1 change was undone. 2 changes are not undone: open one to see why.');
  t.equal(await read(pair, 'later.md'), 'y\n', 'what came after the question');
  t.equal(await read(pair, 'mine.md'), 'changed since\n');
  t.equal(await read(pair, 'other.md'), 'x\n');
  t.same((await readdir(pair.vault)).includes('made.md'), false);
  const query = new URLSearchParams({ app: app.clientId, since: '1h', ask: 'back' });
  const rest = await browser.visit(`${pair.url}/vault/changes?${query}`);
  await browser.submit(rest, { confirm: 'yes' });
  t.equal(await read(pair, 'n.md'), '0\n', 'and a time such as the terminal takes');
});

t.test('a move is brought back with its links', async (t) => {
  const { pair, app, browser } = await startWorld(t, { 'n.md': 'one\n', 'a.md': 'see [[n]]\n' });
  await app.call('move_note', { id: 'n.md', to: 'Deep/other.md' });
  t.equal(await read(pair, 'a.md'), 'see [[other]]\n');
  const change = await openNewest(pair, browser);
  t.match(change.text, '<del>see [[n]]</del>');
  const question = await browser.submit(change, { ask: 'back' });
  t.match(question.text, 'goes back to <bdi>n.md</bdi>, and links lead there');
  const done = await browser.submit(question, { confirm: 'yes' });
  t.match(done.text, 'is where it was again, and links lead there');
  t.equal(await read(pair, 'n.md'), 'one\n');
  t.equal(await read(pair, 'a.md'), 'see [[n]]\n');
  const found = await browser.visit(`${pair.url}/notes/n.md`);
  t.match(found.text, '<bdi>a.md</bdi>', 'the index knows');
});

t.test('a note that may only be read stays, and is said to be the reason', async (t) => {
  const { pair, app, browser } = await startWorld(t);
  await app.append('n.md', 'two');
  const question = await browser.submit(await openNewest(pair, browser), { ask: 'back' });
  await chmod(join(pair.vault, 'n.md'), 0o444);
  const page = await browser.submit(question, { confirm: 'yes' });
  t.equal(page.status, 409);
  t.match(page.text, 'A note or folder that would have to be changed is read-only');
  t.equal(await read(pair, 'n.md'), 'one\n\ntwo\n');
});

t.test('what ends undoing all of an app halfway is said, with what to do', async (t) => {
  const { pair, app, browser } = await startWorld(t, { 'n.md': 'one\n', 'o.md': 'one\n' });
  await app.append('o.md', 'two');
  await app.append('n.md', 'two');
  const query = new URLSearchParams({ app: app.clientId, since: '1h', ask: 'back' });
  const ask = (): Promise<Page> => browser.visit(`${pair.url}/vault/changes?${query}`);
  const question = await browser.submit(await ask(), { confirm: 'yes' });
  t.match(question.text, 'Undo all of it?', 'with the right to do it by now');
  await chmod(join(pair.vault, 'o.md'), 0o444);
  const page = await browser.submit(question, { confirm: 'yes' });
  t.equal(await read(pair, 'n.md'), 'one\n');
  t.equal(await read(pair, 'o.md'), 'one\n\ntwo\n');
  t.match(page.text, '1 change was undone. 1 change is not undone, since it came to an end before:');
  t.match(page.text, '<strong>A note can only be read</strong><br>Make it writable and try again.');
  const korean = await browser.visit(`${page.url.href}&lang=ko`);
  t.match(korean.text, '읽을 수만 있는 노트가 있습니다');
  const forged = await browser.visit(`${page.url.href.replace('noteReadOnly', 'signInFailed')}&lang=en`);
  t.match(forged.text, '1 change is not undone: open one to see why.');
  await chmod(join(pair.vault, 'o.md'), 0o644);
  await browser.submit(await ask(), { confirm: 'yes' });
  const later = await browser.visit(page.url.href);
  t.notMatch(later.text, 'A note can only be read', 'once all is undone there is nothing to say');
});

const here = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** Prints what a person is shown of the vault at its argument. */
const visitor = `
import { startPagesPair } from ${here('../../../support/pages-pair.ts')};
import { Browser } from ${here('../../../../scripts/demo/browser.ts')};
const [directory, id] = process.argv.slice(2);
const t = { teardown: () => undefined };
const pair = await startPagesPair(t, { settings: { API_VAULT_DIR: directory } });
const browser = new Browser();
const { text: shown } = await pair.open('/vault/changes?lang=en&id=' + id, browser);
const init = { method: 'POST', body: new URLSearchParams({ id, confirm: 'yes' }) };
const { status, text: refused } = await browser.visit(pair.url + '/vault/changes', undefined, init);
process.stdout.write(JSON.stringify({ shown, status, refused }), () => process.exit(0));
`;

t.test('a vault that may only be read says so, with the command of the terminal', async (t) => {
  if (!(await canMount())) {
    t.comment('this machine gives no mounts');
    return;
  }
  const { pair, app, browser } = await startWorld(t);
  await app.append('n.md', 'two');
  const id = idOf(await openNewest(pair, browser));
  const shell = 'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"; program "$1" "$2"';
  const said = JSON.parse(await runWithMounts(shell, visitor, [pair.vault, id]));
  t.match(said.shown, 'loop can only read this folder');
  t.match(said.shown, '<ins>two</ins>', 'what was changed is shown all the same');
  t.notMatch(said.shown, 'name="ask"');
  t.equal(said.status, 409);
  t.match(said.refused, 'The notes can only be read');
  t.match(said.refused, `npm run changes -- undo ${id}`);
});

t.test('what is asked for in vain is a page with a next step', async (t) => {
  const { pair, browser } = await startWorld(t);
  const post = (body: URLSearchParams | string, headers: Record<string, string> = {}): Promise<Page> =>
    browser.visit(`${pair.url}/vault/changes`, undefined, { method: 'POST', body, headers });
  t.equal((await post(new URLSearchParams({ id: 'x' }))).status, 404);
  t.equal((await post(new URLSearchParams({ app: 'x', since: 'never' }))).status, 400);
  t.equal((await post(new URLSearchParams())).status, 400);
  t.equal((await post('{"id":"x"}', { 'Content-Type': 'application/json' })).status, 400);
  t.equal((await post(new URLSearchParams({ app: 'x'.repeat(20_000) }))).status, 413);
});
