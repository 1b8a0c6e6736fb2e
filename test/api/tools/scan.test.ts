// The tools scan and list, as a client meets them: pages, filters, and what is wrong with a call.
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Tool } from '../../../api/tools/tool.ts';
import { createTools } from '../../../api/tools/tools.ts';
import { openVault } from '../../../api/vault/vault.ts';
import type { NoteWriter } from '../../../api/vault/writing/writer.ts';
import { cause, writerOf } from '../../support/writer.ts';

async function openTools(t: Test): Promise<Record<string, Tool>> {
  const directory = await mkdtemp(join(tmpdir(), 'scan-test-'));
  await mkdir(join(directory, 'Folder'));
  for (let number = 0; number < 12; number += 1) {
    const status = number % 2 ? 'odd' : 'even';
    const text = `---\nstatus: ${status}\ntags: [n/${number % 3}]\n---\n# Note ${number}\n`;
    await writeFile(join(directory, 'Folder', `${number}.md`), text);
  }
  await writeFile(join(directory, 'old.md'), 'old');
  await utimes(join(directory, 'old.md'), 1_000_000_000, 1_000_000_000);
  const vault = await openVault({ directory, indexPath: ':memory:' });
  t.teardown(async () => {
    await vault.close();
    await rm(directory, { recursive: true });
  });
  while (vault.progress().building) await setTimeout(10);
  return Object.fromEntries(
    createTools(vault, (id) => `https://notes.example/${id}`).map((tool) => [tool.name, tool]),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: what a tool answers is what the test is about to find out
async function pagesOf(tool: Tool | undefined, input: Record<string, unknown>): Promise<any[]> {
  const pages: Record<string, unknown>[] = [];
  let cursor: unknown;
  do {
    const result = await tool?.call({ ...input, ...(cursor === undefined ? {} : { cursor }) }, cause);
    if (result?.isError) throw new Error(result.content[0]?.text);
    const page = result?.structuredContent ?? {};
    pages.push(page);
    if (pages.length > 100) throw new Error('the pages have no end');
    cursor = page['nextCursor'];
  } while (cursor !== undefined);
  return pages;
}

t.test('scan and list', async (t) => {
  const { scan, list } = await openTools(t);
  const scanned = async (input: Record<string, unknown>): Promise<string[]> =>
    (await pagesOf(scan, input)).flatMap((page) => page.notes.map((note: { id: string }) => note.id));

  t.test('a scan has all of a note but its text', async (t) => {
    const [{ notes }] = await pagesOf(scan, { folder: 'Folder', limit: 1 });
    t.match(notes[0], {
      id: 'Folder/0.md',
      path: 'Folder/0.md',
      title: 'Note 0',
      frontMatter: { status: 'even', tags: ['n/0'] },
      tags: ['n/0'],
      createdAt: /^\d{4}-.*Z$/,
      modifiedAt: /^\d{4}-.*Z$/,
      sizeBytes: 42,
      revision: /^[\w-]{22}$/,
    });
    t.equal(notes[0].text, undefined);
  });

  t.test('pages join without gap or double', async (t) => {
    const pages = await pagesOf(scan, { limit: 5 });
    t.same(
      pages.map((page) => page.notes.length),
      [5, 5, 3],
    );
    t.equal(new Set(await scanned({ limit: 5 })).size, 13);
    const entries = (await pagesOf(list, { folder: 'Folder', limit: 5 })).map((page) => page.entries.length);
    t.same(entries, [5, 5, 2]);
  });

  t.test('filters', async (t) => {
    t.equal((await scanned({ folder: 'Folder' })).length, 12);
    t.equal((await scanned({ tag: 'n/1' })).length, 4);
    t.equal((await scanned({ field: 'status' })).length, 12);
    t.equal((await scanned({ field: 'status', value: 'odd', limit: 2 })).length, 6);
    t.equal((await scanned({ modifiedSince: '2001-09-09T01:46:40Z' })).length, 13);
    t.equal((await scanned({ modifiedSince: '2001-09-09T03:46:41+02:00' })).length, 12);
    t.equal((await scanned({ modifiedSince: '2001-09-10' })).length, 12);
  });

  t.test('in the order of paths, or newest first', async (t) => {
    const paths = Array.from({ length: 12 }, (_, number) => `Folder/${number}.md`).sort();
    t.same(await scanned({ limit: 5 }), [...paths, 'old.md']);
    t.same(await scanned({ limit: 5, order: 'path', field: 'status', value: 'odd' }), [
      ...['Folder/1.md', 'Folder/11.md', 'Folder/3.md', 'Folder/5.md', 'Folder/7.md', 'Folder/9.md'],
    ]);
    const newest = await scanned({ limit: 5, order: 'modified' });
    t.equal(newest.at(-1), 'old.md');
    t.equal(new Set(newest).size, 13);
    const odd = await scanned({ limit: 2, order: 'modified', tag: 'n/1' });
    t.same(odd.toSorted(), ['Folder/1.md', 'Folder/10.md', 'Folder/4.md', 'Folder/7.md']);
    t.same(await scanned({ order: 'modified', folder: 'Folder', modifiedSince: '2001-09-10', limit: 7 }), [
      ...newest.slice(0, 12),
    ]);
  });

  t.test('what is wrong with a call is said in its result', async (t) => {
    const [{ nextCursor: byPath }] = await pagesOf(scan, { limit: 5 });
    const [{ nextCursor: byTime }] = await pagesOf(scan, { limit: 5, order: 'modified' });
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{ cursor: 'made-up' }, /cursor is not valid.*start again/],
      [{ cursor: byPath, order: 'modified' }, /cursor is not valid/],
      [{ cursor: byTime, order: 'path' }, /cursor is not valid/],
      [{ order: 'size' }, /order/],
      [{ modifiedSince: 'yesterday' }, /modifiedSince/],
      [{ value: 'odd' }, /value needs field/],
      [{ limit: 0 }, /limit/],
    ];
    for (const [input, message] of wrong) {
      t.match(await scan?.call(input, cause), { isError: true, content: [{ text: message }] });
    }
    t.match(await list?.call({ cursor: 'made-up' }, cause), {
      isError: true,
      content: [{ text: /cursor is not valid/ }],
    });
  });
});

t.test('a scan says how far the index is while it is being built', async (t) => {
  const scan = createTools(
    {
      scan: () => ({ notes: [] }),
      progress: () => ({ notes: 100, indexed: 40, building: true }),
    } as unknown as Parameters<typeof createTools>[0],
    String,
  ).find(({ name }) => name === 'scan');
  t.same(await scan?.run({}, cause), { notes: [], indexing: { notes: 100, indexed: 40 } });
});

async function openWith(
  t: Test,
  notes: Record<string, string>,
): Promise<{ directory: string; scan: Tool | undefined; writer: NoteWriter }> {
  const directory = await mkdtemp(join(tmpdir(), 'scan-test-'));
  for (const [path, text] of Object.entries(notes)) await writeFile(join(directory, path), text);
  const vault = await openVault({ directory, indexPath: ':memory:' });
  t.teardown(async () => {
    await vault.close();
    await rm(directory, { recursive: true });
  });
  while (vault.progress().building) await setTimeout(10);
  const scan = createTools(vault, String).find(({ name }) => name === 'scan');
  return { directory, scan, writer: writerOf(vault) };
}

t.test('a page has 25,000 characters at most, and no note is left out for its size', async (t) => {
  const many = (value: string): string => Array.from({ length: 400 }, (_, n) => `f${n}: ${value}`).join('\n');
  const { scan } = await openWith(t, {
    ...Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [`${n}.md`, `---\nabout: '${'"'.repeat(400)}'\n---\n`]),
    ),
    'text.md': `---\nstatus: open\nsummary: ${'한'.repeat(60_000)}\n---\n`,
    'fields.md': `---\n${many('some value of a field')}\nlist: [${'word, '.repeat(5_000)}end]\n---\n`,
    'tags.md': `---\ntags: [${Array.from({ length: 1_000 }, (_, n) => `a/rather/long/tag/${n}`).join()}]\n---\n`,
    ['한국어 '.repeat(12).concat('.md')]: 'long name',
  });
  for (const order of ['path', 'modified']) {
    const pages = await pagesOf(scan, { order, limit: 1_000 });
    const notes = pages.flatMap((page) => page.notes);
    for (const page of pages) t.ok(JSON.stringify(page).length <= 25_000, `${JSON.stringify(page).length}`);
    t.ok(pages.slice(0, -1).every((page) => page.notes.length > 0));
    t.equal(new Set(notes.map(({ id }) => id)).size, 64, order);
    t.equal(notes.length, 64);
    const named = Object.fromEntries(notes.map((note) => [note.id, note]));
    t.match(named['text.md'], {
      frontMatter: { status: 'open', summary: /^한{5000,}…$/ },
      warnings: ['The front matter is too long to be shown whole: cut or left out are "summary".'],
    });
    t.match(named['fields.md'].warnings, [/cut or left out are .*"list"/]);
    t.equal(Object.keys(named['fields.md'].frontMatter).length > 200, true, 'the short ones are there');
    t.match(named['tags.md'].warnings, [/The front matter/, /^Only the first \d+ of 1000 tags are named\.$/]);
    t.equal(named['0.md'].warnings, undefined);
  }
});

t.test('what changes while a scan goes on is at its new place, and disturbs no other note', async (t) => {
  const names = ['a.md', 'b.md', 'c.md', 'd.md', 'e.md', 'f.md'];
  const world = await openWith(t, Object.fromEntries(names.map((name) => [name, name])));
  for (const [index, name] of names.entries()) {
    await utimes(join(world.directory, name), 1_000 - index, 1_000 - index);
  }
  const page = async (input: Record<string, unknown>) => {
    const { structuredContent } = (await world.scan?.call({ limit: 2, ...input }, cause)) ?? {};
    // biome-ignore lint/suspicious/noExplicitAny: what a tool answers is what the test is about to find out
    return structuredContent as any;
  };
  const ids = (one: { notes: Array<{ id: string }> }): string[] => one.notes.map(({ id }) => id);
  while (ids(await page({ order: 'modified', limit: 1 }))[0] !== 'a.md') await setTimeout(10);
  while ((await page({ order: 'modified', limit: 6 })).notes.at(-1).id !== 'f.md') await setTimeout(10);
  const [byPath, byTime] = [await page({}), await page({ order: 'modified' })];
  t.same(
    [ids(byPath), ids(byTime)],
    [
      ['a.md', 'b.md'],
      ['a.md', 'b.md'],
    ],
  );
  await world.writer.create('aa new.md', 'before the cursor');
  await world.writer.create('cc new.md', 'behind it');
  const [{ revision }] = (await page({ limit: 1 })).notes;
  await world.writer.append('a.md', { text: 'changed', revision });
  const pathRest = await page({ limit: 100, cursor: byPath.nextCursor });
  t.same(ids(pathRest), ['c.md', 'cc new.md', 'd.md', 'e.md', 'f.md']);
  const timeRest = await page({ order: 'modified', limit: 100, cursor: byTime.nextCursor });
  t.same(
    ids(timeRest),
    ['c.md', 'd.md', 'e.md', 'f.md'],
    'what is newer than the first page is not in the last',
  );
  t.equal(ids(await page({ order: 'modified', limit: 3 })).includes('a.md'), true);
});
