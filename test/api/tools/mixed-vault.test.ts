// A vault as years leave it: 5,000 files with names of Macs and PCs, copies of sync programs, long notes, other files and
// broken YAML. Nothing in it is lost, and no answer about it is too long.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { createTools } from '../../../api/tools/tools.ts';
import { openVault } from '../../../api/vault/vault.ts';
import { writeTextPdf } from '../../support/pdf-file.ts';
import { until } from '../../support/until.ts';
import { cause } from '../../support/writer.ts';

t.setTimeout(600_000);

const longest = 50_000;

/** Paths as they are on the disk. */
function makeFiles(): Map<string, string | Buffer> {
  const files = new Map<string, string | Buffer>();
  for (let number = 0; number < 4300; number += 1) {
    files.set(
      `Folder ${number % 60}/Note ${number}.md`,
      `# Note ${number}\n\nSee [[Note ${number + 1}]]. #tag${number % 200}`,
    );
  }
  for (let number = 0; number < 100; number += 1) {
    // One folder and one file in both forms, from a Mac and from a PC.
    files.set(`${'회의록'.normalize('NFC')}/정리 ${number}.md`.normalize('NFC'), `pc ${number}`);
    files.set(`${'회의록'.normalize('NFD')}/기록 ${number}.md`.normalize('NFD'), `mac ${number}`);
    files.set(`Café ${number}.md`.normalize('NFC'), `nfc ${number}`);
    files.set(`Café ${number}.md`.normalize('NFD'), `nfd ${number}`);
    files.set(`Folder 1/Note ${number}.sync-conflict-20261120-101010-ABCDEFG.md`, 'a copy');
    files.set(`Broken/Yaml ${number}.md`, `---\na: [${number}\n---\nbroken`);
  }
  for (let number = 0; number < 20; number += 1) {
    const sections = Array.from(
      { length: 1500 },
      (_, at) => `## Part ${at} of ${number}\n\n${'long words '.repeat(15)}\n`,
    );
    files.set(`Long/Long ${number}.md`, sections.join('\n'));
  }
  for (let number = 0; number < 40; number += 1) {
    const nodes = [{ id: 'a', type: 'text', text: `board ${number}`, x: 0, y: 0, width: 1, height: 1 }];
    files.set(`Boards/Board ${number}.canvas`, JSON.stringify({ nodes, edges: [] }));
    files.set(`Boards/Base ${number}.base`, `filters:\n  and:\n    - file.hasTag("b${number}")\n`);
  }
  for (let number = 0; number < 10; number += 1) {
    files.set(`Papers/Paper ${number}.pdf`, writeTextPdf(`A paper on pelicans, number ${number}`));
  }
  files.set('Papers/Broken.pdf', '%PDF-1.7\nnothing of the kind');
  return files;
}

t.test('each file is in scan, or named by list; no answer is longer than it may be', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'mixed-test-'));
  const files = makeFiles();
  for (const [path, text] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  const told = { forms: 0, conflicts: 0, unread: 0 };
  const vault = await openVault({
    directory,
    indexPath: ':memory:',
    onForms: (count) => {
      told.forms = count;
    },
    onConflicts: (count) => {
      told.conflicts = count;
    },
    onUnread: (count) => {
      told.unread = count;
    },
  });
  t.teardown(async () => {
    await vault.close();
    await rm(directory, { recursive: true });
  });
  await until(() => !vault.progress().building, 'the index', 120_000);
  const tools = new Map(
    createTools(vault, (id) => `https://notes.example/${id}`).map((tool) => [tool.name, tool]),
  );
  let longestSeen = 0;
  const call = async (name: string, input: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const result = await tools.get(name)?.call(input, cause);
    t.notOk(result?.isError, `${name} ${JSON.stringify(input)}: ${result?.content[0]?.text.slice(0, 200)}`);
    const { length } = JSON.stringify(result?.structuredContent ?? {});
    longestSeen = Math.max(longestSeen, length);
    return result?.structuredContent ?? {};
  };
  const all = async (name: string, input: Record<string, unknown>, rows: string) => {
    const found: Record<string, unknown>[] = [];
    let cursor: unknown;
    do {
      const page = await call(name, { limit: 1000, ...input, ...(cursor === undefined ? {} : { cursor }) });
      found.push(...(page[rows] as Record<string, unknown>[]));
      cursor = page['nextCursor'];
    } while (cursor !== undefined);
    return found;
  };

  const onDisk = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  );
  t.equal(onDisk.length, files.size);
  const scanned = (await all('scan', {}, 'notes')).map(({ id }) => String(id));
  t.equal(new Set(scanned).size, scanned.length, 'each note once');
  const listed: string[] = [];
  const folders = [''];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const { kind, path } of await all('list', { folder }, 'entries')) {
      (kind === 'folder' ? folders : listed).push(String(path));
    }
  }
  t.equal(listed.length, files.size, 'every file is named by list');
  const notes = [...files.keys()].filter((path) => path.endsWith('.md'));
  t.equal(scanned.length, notes.length, 'every note is in scan');
  t.same(new Set(listed.filter((path) => path.endsWith('.md'))), new Set(scanned), 'under the same ids');
  const modified = await all('scan', { order: 'modified' }, 'notes');
  t.equal(modified.length, notes.length, 'in either order');

  t.same(
    { ...told, unread: 0 },
    { forms: 101, conflicts: 100, unread: 0 },
    'a folder and a hundred files; copies',
  );
  await until(
    async () => ((await call('search', { query: 'pelicans' }))['results'] as unknown[]).length === 10,
    'the PDFs, which come after the notes',
    120_000,
  );
  await until(() => told.unread === 1, 'the one that can not be read', 120_000);
  t.same(vault.unreadNotes(), ['Papers/Broken.pdf']);
  t.equal((await all('list', { of: 'conflicts' }, 'entries')).length, 100);
  t.equal((await all('list', { of: 'tags' }, 'entries')).length, 200);
  t.equal((await all('list', { of: 'missing' }, 'entries')).length, 1, 'the last note leads to nothing');
  for (const kind of ['recent', 'orphans']) {
    t.ok((await all('list', { of: kind }, 'entries')).length > 0, kind);
  }

  for (const id of [
    ...scanned.filter((_, at) => at % 97 === 0),
    ...listed.filter((path) => path.startsWith('Boards/')),
  ]) {
    await call('fetch', { id });
  }
  for (let next: unknown = 'Long/Long 7.md'; next !== undefined; ) {
    const { metadata } = (await call('fetch', { id: next })) as { metadata: Record<string, unknown> };
    next = metadata['next'];
  }
  for (const query of ['note', 'mac', '기록', 'café', 'board', 'long words', 'tag:tag7', 'broken']) {
    const { results } = (await call('search', { query })) as { results: unknown[] };
    t.ok(results.length > 0, query);
  }
  t.ok(longestSeen <= longest, `the longest answer had ${longestSeen} characters`);
});
