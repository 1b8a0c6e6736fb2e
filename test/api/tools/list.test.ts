// The tool list over the whole vault, and what fetch says of links: as a client meets them, over MCP and REST.
import { unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Tool } from '../../../api/tools/tool.ts';
import { createTools } from '../../../api/tools/tools.ts';
import type { Vault } from '../../../api/vault/vault.ts';
import { readJson, startGoodWorld } from '../../support/loop-api.ts';
import { callTool } from '../../support/mcp-call.ts';
import { openNotes } from '../../support/open-notes.ts';
import { until } from '../../support/until.ts';
import { cause } from '../../support/writer.ts';

interface World {
  directory: string;
  vault: Vault;
  call: (tool: string, input: Record<string, unknown>) => ReturnType<Tool['call']>;
}

async function openWorld(t: Test, notes: Record<string, string>): Promise<World> {
  const { directory, vault } = await openNotes(t, notes);
  const tools = createTools(vault, (id) => `https://notes.example/${id}`);
  return {
    directory,
    vault,
    call: async (name, input) => {
      const tool = tools.find((one) => one.name === name);
      if (tool === undefined) throw new Error(name);
      return tool.call(input, cause);
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: what a tool answers is what the test is about to find out
async function pagesOf({ call }: World, input: Record<string, unknown>): Promise<any[]> {
  const pages: Record<string, unknown>[] = [];
  let cursor: unknown;
  do {
    const result = await call('list', { ...input, ...(cursor === undefined ? {} : { cursor }) });
    if (result.isError) throw new Error(result.content[0]?.text);
    pages.push(result.structuredContent ?? {});
    cursor = result.structuredContent?.['nextCursor'];
  } while (cursor !== undefined);
  return pages;
}

const rows = async (world: World, input: Record<string, unknown>) =>
  (await pagesOf(world, input)).flatMap((page) => page.entries);

async function linksOf(world: World, id: string): Promise<Record<string, unknown>> {
  const { structuredContent } = await world.call('fetch', { id });
  const metadata: Record<string, unknown> = Object(structuredContent?.['metadata']);
  return { links: metadata['links'], backlinks: metadata['backlinks'], missing: metadata['missing'] };
}

t.test('links of every form lead there and are backlinks', async (t) => {
  const forms: Record<string, string> = {
    'a text property': '---\nrelated: "[[B]]"\n---\n',
    'a list property': '---\nrelated:\n  - "[[B]]"\n---\n',
    'a map of properties': '---\npeople: {lead: "[[Deep/B|B]]"}\n---\n',
    'an escaped pipe': '| x |\n| - |\n| [[B\\|shown]] |',
    'an escaped pipe without a table': '| [[B\\|shown]] |',
    'one relative to the folder': '[[./Deep/B]]',
    'a heading': '[[B#Part|shown]]',
    'a block': '[[B#^part]]',
    'an embed': '![[B]]',
    'another case': '[[b]]',
    'Markdown with a title': '[x](Deep/B.md "t")',
    'Markdown in angle brackets': '[x](<Deep/B.md>)',
    'Markdown without extension': '[x](Deep/B)',
    'Markdown by the name alone': '[x](B.md)',
    'a reference': '[x][r]\n\n[r]: Deep/B.md',
    'a collapsed reference': '[r][]\n\n[r]: Deep/B.md',
    'a shortcut': '[r]\n\n[r]: <Deep/B.md> (t)',
  };
  const notes = Object.fromEntries(Object.entries(forms).map(([form, text]) => [`${form}.md`, text]));
  const world = await openWorld(t, { ...notes, 'Deep/B.md': 'b', 'Deep/up.md': '[[../an embed]]' });
  for (const form of Object.keys(notes)) {
    const backlinks = form === 'an embed.md' ? ['Deep/up.md'] : [];
    t.same(await linksOf(world, form), { links: ['Deep/B.md'], backlinks, missing: [] }, form);
  }
  t.same((await linksOf(world, 'Deep/B.md'))['backlinks'], Object.keys(notes).sort());
});

t.test('a path with brackets and spaces is led to', async (t) => {
  const world = await openWorld(t, {
    'N/Foo (x).md': '',
    'N/a.md': '[x](Foo%20(x).md)',
    'N/b.md': '[x](<Foo (x).md>)',
    'N/c.md': '[x](Foo%20\\(x\\))',
    'N/no.md': '[x](Foo (x).md)',
  });
  t.same((await linksOf(world, 'N/Foo (x).md'))['backlinks'], ['N/a.md', 'N/b.md', 'N/c.md']);
  t.same(await linksOf(world, 'N/no.md'), { links: [], backlinks: [], missing: [] });
});

t.test('a Markdown link is looked for from its own folder first, then anywhere', async (t) => {
  const world = await openWorld(t, {
    'note.md': 'at the top',
    'A/note.md': 'near',
    'A/from.md': '[x](note.md)',
    'A/sub/note.md': '',
    'A/deeper.md': '[x](sub/note)',
    'B/from.md': '[x](note.md) and [[A/note]]',
    'sub/note.md': '',
  });
  t.same((await linksOf(world, 'A/from.md'))['links'], ['A/note.md']);
  t.same((await linksOf(world, 'A/deeper.md'))['links'], ['A/sub/note.md']);
  t.same((await linksOf(world, 'B/from.md'))['links'], ['note.md', 'A/note.md']);
  t.same((await linksOf(world, 'A/note.md'))['backlinks'], ['A/from.md', 'B/from.md']);
  t.same((await linksOf(world, 'note.md'))['backlinks'], ['B/from.md']);
  t.same((await linksOf(world, 'sub/note.md'))['backlinks'], []);
});

t.test('links to nothing are named as written, those to files that are there are none of them', async (t) => {
  const world = await openWorld(t, {
    'A.md':
      '---\nup: "[[Gone/Up|up]]"\n---\n[[Nowhere]] [[nowhere#h|again]] [x](far/Away.md) [[B]] ![[pic.png]] [[Files/doc.pdf]]',
    'B.md': '![](Files/pic.png) [x](Files/gone.pdf) [w](https://x.y/z) [[#here]] [[Nowhere]] `[[code]]`',
    'Files/pic.png': '',
    'Files/doc.pdf': '',
  });
  t.same(await linksOf(world, 'A.md'), {
    links: ['B.md', 'Files/pic.png', 'Files/doc.pdf'],
    backlinks: [],
    missing: ['Gone/Up', 'Nowhere', 'far/Away.md'],
  });
  t.same((await linksOf(world, 'B.md'))['missing'], ['Files/gone.pdf', 'Nowhere']);
  t.same(await rows(world, { of: 'missing' }), [
    { target: 'far/Away.md', from: ['A.md'] },
    { target: 'Files/gone.pdf', from: ['B.md'] },
    { target: 'Gone/Up', from: ['A.md'] },
    { target: 'Nowhere', from: ['A.md', 'B.md'] },
  ]);
  await writeFile(join(world.directory, 'Nowhere.md'), 'here');
  await writeFile(join(world.directory, 'Files', 'gone.pdf'), '');
  await unlink(join(world.directory, 'Files', 'doc.pdf'));
  const missing = async () => (await rows(world, { of: 'missing' })).map(({ target }) => target);
  await until(async () => String(await missing()) === 'far/Away.md,Files/doc.pdf,Gone/Up', 'the changes');
  t.same((await linksOf(world, 'Nowhere.md'))['backlinks'], ['A.md', 'B.md']);
});

t.test('tags are counted by notes, with those nested in them', async (t) => {
  const world = await openWorld(t, {
    'a.md': '---\ntags: [Project/loop, plain]\n---\n#project/loop #project/nas',
    'b.md': '#project',
    'c.md': '#project/loop/api #🚀 #plain `#code`',
    'd.md': '#🎉',
  });
  t.same(await rows(world, { of: 'tags' }), [
    { tag: 'plain', notes: 2 },
    { tag: 'Project', notes: 3 },
    { tag: 'Project/loop', notes: 2 },
    { tag: 'project/loop/api', notes: 1 },
    { tag: 'project/nas', notes: 1 },
    { tag: '🎉', notes: 1 },
    { tag: '🚀', notes: 1 },
  ]);
  const scanned = async (tag: string) => world.vault.scan({ tag }).notes.map(({ id }) => id);
  t.same(await scanned('🚀'), ['c.md'], 'and not the other emoji');
  t.same(await scanned('project/LOOP'), ['a.md', 'c.md']);
  await unlink(join(world.directory, 'a.md'));
  await until(async () => (await rows(world, { of: 'tags' })).length === 6, 'the change');
  t.same((await rows(world, { of: 'tags' }))[1], { tag: 'project', notes: 2 });
  await writeFile(join(world.directory, 'c.md'), '#plain');
  await until(async () => (await rows(world, { of: 'tags' })).length === 3, 'the other tags of a note');
});

t.test('recent notes come newest first', async (t) => {
  const world = await openWorld(t, { 'old.md': '# Old', 'b.md': 'x', 'c.md': 'x', 'new.md': 'x' });
  for (const [name, time] of Object.entries({ old: 1e9, b: 1.2e9, c: 1.2e9, new: 1.4e9 }))
    await utimes(join(world.directory, `${name}.md`), time, time);
  const ids = async () => (await rows(world, { of: 'recent', limit: 1 })).map(({ id }) => id);
  await until(async () => String(await ids()) === 'new.md,c.md,b.md,old.md', 'the times');
  const [page] = await pagesOf(world, { of: 'recent' });
  t.same(page.entries[3], { id: 'old.md', title: 'Old', modifiedAt: '2001-09-09T01:46:40.000Z' });
});

t.test('orphans have no link to another note and none from one', async (t) => {
  const world = await openWorld(t, {
    'a.md': '[[b]]',
    'b.md': '# B',
    'self.md': '[[self]]',
    'alone.md': '# Alone\n[[nowhere]] ![[pic.png]] [x](https://x.y)',
    'pic.png': '',
    'p.md': '---\nup: "[[q]]"\n---\n',
    'q.md': '',
  });
  t.same(await rows(world, { of: 'orphans' }), [
    { id: 'alone.md', title: 'Alone' },
    { id: 'self.md', title: 'self' },
  ]);
});

t.test(
  'pages of every list join without gap or double, and none is larger than an answer may be',
  async (t) => {
    const long = 'x'.repeat(200);
    const notes = Object.fromEntries(
      Array.from({ length: 400 }, (_, number) => [
        `${long}${number}.md`,
        `# ${'가'.repeat(400)}\n[[${long}/${long}/gone${number}]] [[${long}/everywhere]] #${'t'.repeat(150)}${number}`,
      ]),
    );
    const world = await openWorld(t, notes);
    for (const [of, count] of Object.entries({
      tags: 400,
      recent: 400,
      missing: 401,
      orphans: 400,
      folder: 400,
    })) {
      for (const limit of [1000, 77]) {
        const pages = await pagesOf(world, { of, limit });
        for (const page of pages) {
          t.ok(page.entries.length <= limit);
          t.ok(JSON.stringify(page).length <= 50_000, `${of}: ${JSON.stringify(page).length}`);
        }
        const seen = pages.flatMap((page) => page.entries.map((row: object) => JSON.stringify(row)));
        t.equal(seen.length, count, of);
        t.equal(new Set(seen).size, count, `${of}: none twice`);
      }
    }
    const everywhere = (await rows(world, { of: 'missing' })).find(({ more }) => more);
    t.equal(everywhere.from.length + everywhere.more, 400);
  },
);

t.test('a cursor of another list, and a folder for none, are refused', async (t) => {
  const world = await openWorld(t, { 'a.md': '#a #b', 'b.md': '' });
  const [{ nextCursor }] = await pagesOf(world, { of: 'tags', limit: 1 });
  for (const input of [
    { of: 'recent', cursor: nextCursor },
    { of: 'missing', cursor: nextCursor },
    { of: 'tags', cursor: 'x' },
    { of: 'tags', folder: 'A' },
    { of: 'nothing' },
  ]) {
    t.ok((await world.call('list', input)).isError, JSON.stringify(input));
  }
  t.match(await world.call('list', { of: 'folder', folder: '' }), {
    structuredContent: { folder: '', entries: [{ kind: 'note', path: 'a.md', title: 'a' }] },
  });
});

t.test('fields are found wherever they stand, and front matter as text however long', async (t) => {
  const world = await openWorld(t, {
    'line.md': 'status:: waiting',
    'list.md': '- [ ] Status:: waiting',
    'inner.md': 'it is [status:: waiting] (due day:: 2026-11-26)',
    'front.md': '---\nstatus: waiting\n---\n',
    'code.md': '`status:: waiting`',
    'Empty.md': '---\nplan: {owner: "", due: null}\n---\nblank::',
    'Long.md': `essay:: ${'pangolin '.repeat(30)}`,
    'Minji.md': '---\npeople: "[[People/Kim Minji|Minji]]"\n---\n',
    'Both.md': 'people:: [[People/Kim Minji|Minji]], [[Sato Yuki]]',
    'Ledger.md': `---\nsummary: "A hand written abstract that explains why the quarterly pelican migration budget was moved from marketing into facilities and who signed it off"\ndeep: {er: {and: {deeper: {still: "an axolotl"}}}}\n---\n`,
  });
  const found = async (query: string) => (await world.vault.search(query)).map(({ id }) => id).sort();
  const waiting = ['front.md', 'inner.md', 'line.md', 'list.md'];
  t.same(await found('status:waiting'), waiting);
  t.same(
    world.vault
      .scan({ field: { name: 'status', value: 'waiting' } })
      .notes.map(({ id }) => id)
      .sort(),
    waiting,
  );
  t.same(await found('due-day:2026-11-26'), ['inner.md']);
  for (const way of ['Kim Minji', 'Minji', 'People/Kim Minji', '[[People/Kim Minji|Minji]]']) {
    t.ok((await found(`people:"${way}"`)).includes('Minji.md'), way);
  }
  for (const way of ['Kim Minji', 'Minji', 'People/Kim Minji', 'Sato Yuki']) {
    t.ok((await found(`people:"${way}"`)).includes('Both.md'), way);
  }
  for (const name of ['plan', 'plan.owner', 'plan.due', 'blank']) {
    t.same(
      world.vault.scan({ field: { name } }).notes.map(({ id }) => id),
      ['Empty.md'],
      name,
    );
  }
  t.same(world.vault.scan({ field: { name: 'essay' } }).notes.length, 1);
  t.same(world.vault.scan({ field: { name: 'essay', value: '' } }).notes, []);
  t.same(await found('pelican'), ['Ledger.md']);
  t.same(await found('axolotl'), ['Ledger.md']);
});

t.test('the same over MCP and REST', async (t) => {
  const { url, folder } = await startGoodWorld(t);
  await writeFile(join(folder, 'vault', 'linked.md'), '[[garden]] [[Nowhere]] #apple/tree');
  const viaMcp = async (of: string) =>
    JSON.parse((await callTool(`${url}/mcp`, 'good', 'list', { of })).body).result.structuredContent;
  await until(async () => (await viaMcp('tags')).entries.length === 2, 'the note');
  for (const kind of ['tags', 'recent', 'missing', 'orphans', 'conflicts', 'folder']) {
    const response = await fetch(`${url}/api/list?of=${kind}`, { headers: { authorization: 'Bearer good' } });
    t.same(await response.json(), await viaMcp(kind), kind);
  }
  t.same((await viaMcp('missing')).entries, [{ target: 'Nowhere', from: ['linked.md'] }]);
  const { paths } = await readJson(await fetch(`${url}/openapi.json`));
  const parameters: { name: string; schema: { enum?: string[] } }[] = paths['/api/list'].get.parameters;
  t.same(parameters.find(({ name }) => name === 'of')?.schema.enum, [
    'folder',
    'tags',
    'recent',
    'missing',
    'orphans',
    'conflicts',
  ]);
});
