// The tools scan and list, as a client meets them: pages, filters, and what is wrong with a call.
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Tool } from '../../../api/tools/tool.ts';
import { createTools } from '../../../api/tools/tools.ts';
import { openVault } from '../../../api/vault/vault.ts';

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
    const result = await tool?.call({ ...input, ...(cursor === undefined ? {} : { cursor }) });
    if (result?.isError) throw new Error(result.content[0]?.text);
    const page = result?.structuredContent ?? {};
    pages.push(page);
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

  t.test('what is wrong with a call is said in its result', async (t) => {
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{ cursor: 'made-up' }, /cursor is not valid.*start again/],
      [{ modifiedSince: 'yesterday' }, /modifiedSince/],
      [{ value: 'odd' }, /value needs field/],
      [{ limit: 0 }, /limit/],
    ];
    for (const [input, message] of wrong) {
      t.match(await scan?.call(input), { isError: true, content: [{ text: message }] });
    }
    t.match(await list?.call({ cursor: 'made-up' }), {
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
  t.same(await scan?.run({}), { notes: [], indexing: { notes: 100, indexed: 40 } });
});
