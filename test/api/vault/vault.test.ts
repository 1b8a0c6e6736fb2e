// The vault over real folders: search, reading, listing, scanning, following changes, staying inside.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { BadCursor, FileRefused, IndexNotUsable } from '../../../api/vault/errors.ts';
import type { ScanOptions, SearchResult } from '../../../api/vault/index/answers.ts';
import { type Note, openVault, type Vault } from '../../../api/vault/vault.ts';
import { until } from '../../support/until.ts';
import { writerOf } from '../../support/writer.ts';

const sample = fileURLToPath(new URL('../../../api/sample-vault', import.meta.url));

const built = (vault: Vault) => until(() => !vault.progress().building, 'the index');
const ids = (results: SearchResult[]) => results.map(({ id }) => id);

interface World {
  directory: string;
  indexPath: string;
  open: () => Promise<Vault>;
  write: (path: string, text: string | Buffer) => Promise<void>;
}

async function createWorld(t: Test, notes: Record<string, string | Buffer> = {}): Promise<World> {
  const top = await mkdtemp(join(tmpdir(), 'vault-test-'));
  const directory = join(top, 'notes');
  const indexPath = join(top, 'data', 'index.db');
  const opened: Vault[] = [];
  await mkdir(directory);
  t.teardown(async () => {
    await Promise.all(opened.map((vault) => vault.close()));
    await rm(top, { recursive: true, force: true });
  });
  const world: World = {
    directory,
    indexPath,
    async open() {
      const vault = await openVault({ directory, indexPath });
      opened.push(vault);
      return vault;
    },
    async write(path, text) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    },
  };
  for (const [path, text] of Object.entries(notes)) {
    await world.write(path, text);
  }
  return world;
}

t.test('the sample vault', async (t) => {
  const vault = await openVault({ directory: sample, indexPath: ':memory:' });
  t.teardown(() => vault.close());
  await built(vault);

  t.test('two Korean syllables find a longer word', async (t) => {
    t.ok(ids(await vault.search('인증')).includes('Tasks/인증 서버 점검.md'));
    t.ok(ids(await vault.search('증서')).includes('Tasks/인증 서버 점검.md'));
  });

  t.test('what stands in a dot folder is never found, listed or read', async (t) => {
    t.same(await vault.search('quetzalcoatlus'), []);
    t.notOk(vault.listFolder('').entries.some(({ path }) => path.startsWith('.')));
    t.same(vault.listFolder('.obsidian').entries, []);
    t.equal(await vault.readNote('.obsidian/app.md'), undefined);
  });

  t.test('titles, aliases and tags come before mentions', async (t) => {
    t.equal((await vault.search('kimchi calendar'))[0]?.id, 'Projects/Kimchi Calendar.md');
    t.equal((await vault.search('물김치'))[0]?.id, 'Recipes/Water kimchi.md');
    t.equal((await vault.search('東京'))[0]?.id, 'People/Sato Yuki.md');
    t.equal((await vault.search('restore'))[0]?.id, 'How-to/Restore from backup.md');
  });

  t.test('fields, tags and folders narrow a search, alone or with words', async (t) => {
    t.same(ids(await vault.search('entity_type:task status:todo')).sort(), [
      'Tasks/Write the backup test.md',
      'Tasks/인증 서버 점검.md',
    ]);
    t.same(ids(await vault.search('project:"Home NAS" status:done')), ['Tasks/Renew the TLS certificate.md']);
    t.ok(ids(await vault.search('path:recipes 소금')).every((id) => id.startsWith('Recipes/')));
    t.same(ids(await vault.search('tag:hardware')), ['Projects/Garden sensors.md']);
  });

  t.test('any word finds a note, and what narrows is never given up', async (t) => {
    t.ok(
      ids(await vault.search('how do I restore 백업에서를 zebra')).includes('How-to/Restore from backup.md'),
    );
    t.same(await vault.search('zebra'), []);
    t.same(await vault.search('restore tag:nosuchtag'), [], 'a filter is never given up');
  });

  t.test('a result has a line around the match, and says when the note was changed', async (t) => {
    t.match((await vault.search('fermentation'))[0], {
      id: 'Projects/Kimchi Calendar.md',
      snippet: /Fermentation times/,
      modifiedAt: Number,
    });
  });

  t.test('an empty query gives an empty result, and a limit is kept within bounds', async (t) => {
    t.same(await vault.search(''), []);
    t.equal((await vault.search('loop', { limit: 1 })).length, 1);
    t.equal((await vault.search('loop', { limit: -5 })).length, 1);
    t.ok((await vault.search('a* e* i* o*', { limit: 1e9 })).length <= 100);
  });

  t.test('a note knows where it links to and what links to it', async (t) => {
    const note: Note | undefined = await vault.readNote('Projects/Loop.md');
    t.ok(note?.links.includes('Meetings/2026-09-14 Architecture review.md'));
    t.ok(note?.links.includes('Reference/Search quality notes.md'));
    t.ok(note?.backlinks.includes('Welcome.md'));
    t.ok(note?.text.startsWith('# Loop'));
    t.same(note?.tags, ['project', 'oauth', 'mcp', 'project/loop']);
    t.match(note, { title: 'Loop', frontMatter: { entity_type: 'project', priority: 1 }, warnings: [] });
  });
});

t.test('reading', async (t) => {
  const world = await createWorld(t, {
    'Note.md': 'text',
    'Broken.md': '---\na: [\n---\ntext',
    'Large.md': Buffer.alloc(5 * 1024 * 1024 + 1, 'needle '),
    'Binary.md': Buffer.from('needle\0\x01\x02'),
    'Binary late.md': Buffer.concat([Buffer.alloc(20_000, 'needle '), Buffer.from([0])]),
    'picture.png': Buffer.from([0x89, 0x50]),
    'page.html': 'needle',
    [`Cafe\u0301/재인증.md`.normalize('NFD')]: 'decomposed',
    ['Caf\u00e9 2/인증.md'.normalize('NFC')]: 'composed',
    '.hidden/secret.md': 'needle',
    'Folder/.secret.md': 'needle',
  });
  await mkdir(join(world.directory, '..', 'outside'));
  await writeFile(join(world.directory, '..', 'outside.md'), 'needle');
  await writeFile(join(world.directory, '..', 'outside', 'in.md'), 'needle');
  await symlink('../outside.md', join(world.directory, 'leads-out.md'));
  await symlink('../outside', join(world.directory, 'folder-out'));
  await symlink('.hidden/secret.md', join(world.directory, 'leads-to-hidden.md'));
  await symlink('Note.md', join(world.directory, 'leads-inside.md'));
  await symlink('.', join(world.directory, 'circle'));
  await symlink('nowhere.md', join(world.directory, 'dangling.md'));
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(world.directory, 'pipe.md')]);
  const vault = await world.open();
  await built(vault);

  t.test('no path leads out of the vault or to what is hidden', async (t) => {
    const hostile = [
      ...[
        '../outside.md',
        'Folder/../../outside.md',
        './Note.md',
        'Folder//x.md',
        '/Note.md',
        'Note.md/',
        '',
      ],
      ...[
        join(world.directory, 'Note.md'),
        'Note.md\0',
        'Note.md\0.md',
        '..\\outside.md',
        'Folder\\x.md',
        '.',
      ],
      ...[
        '..',
        '.hidden/secret.md',
        'Folder/.secret.md',
        'leads-out.md',
        'folder-out/in.md',
        'circle/Note.md',
      ],
      ...['leads-to-hidden.md', 'dangling.md', 'pipe.md', 'Folder', '%2e%2e/outside.md'],
      ...[
        'x'.repeat(100_000),
        `${'a/'.repeat(3000)}a.md`,
        `${'n'.repeat(300)}.md`,
        '\ud800.md',
        'Note.md/x.md',
      ],
    ];
    for (const id of hostile) {
      t.equal(await vault.readNote(id), undefined, JSON.stringify(id.slice(0, 60)));
    }
    for (const id of ['picture.png', 'page.html']) {
      await t.rejects(vault.readNote(id), FileRefused, `${id} is none that has something to give`);
    }
    t.same(await vault.search('needle'), []);
    for (const folder of ['..', '../', '.hidden', 'folder-out', 'circle', '/etc', 'Folder/..', '\0']) {
      t.same(vault.listFolder(folder).entries, [], folder);
      t.same(folder === '/etc' ? [] : vault.scan({ folder }).notes, [], folder);
    }
  });

  t.test('a link to a note inside is that note', async (t) => {
    t.equal((await vault.readNote('leads-inside.md'))?.text, 'text');
  });

  t.test('a name is found in either Unicode form, and given in NFC', async (t) => {
    for (const id of ['Caf\u00e9/재인증.md', 'Caf\u00e9 2/인증.md']) {
      for (const form of ['NFC', 'NFD'] as const) {
        t.equal((await vault.readNote(id.normalize(form)))?.id, id.normalize('NFC'));
      }
      t.ok(vault.scan().notes.some((note) => note.id === id.normalize('NFC')));
    }
    t.same(ids(await vault.search('decomposed')), ['Caf\u00e9/재인증.md']);
    t.same(
      vault.listFolder('Cafe\u0301').entries.map(({ path }) => path),
      ['Caf\u00e9/재인증.md'],
    );
  });

  t.test('a note too large, or binary, is listed and says why it is empty', async (t) => {
    for (const id of ['Large.md', 'Binary.md', 'Binary late.md']) {
      const note = await vault.readNote(id);
      t.same([note?.text, note?.warnings.length], ['', 1], id);
      t.ok(vault.scan().notes.some((summary) => summary.id === id));
      t.equal(note?.revision, vault.scan().notes.find((summary) => summary.id === id)?.revision);
    }
  });

  t.test('front matter that is not YAML is part of the text', async (t) => {
    const note = await vault.readNote('Broken.md');
    t.equal(note?.text, '---\na: [\n---\ntext');
    t.match(note?.warnings[0], /shown as text/);
  });

  t.test('other files are named, not read', (t) => {
    t.match(vault.listFolder('').entries, [
      { kind: 'folder', path: 'Caf\u00e9' },
      { kind: 'folder', path: 'Caf\u00e9 2' },
      { kind: 'folder', path: 'Folder' },
      { kind: 'note', path: 'Binary late.md', title: 'Binary late' },
      { kind: 'note', path: 'Binary.md', title: 'Binary' },
      { kind: 'note', path: 'Broken.md' },
      { kind: 'note', path: 'Large.md' },
      { kind: 'note', path: 'Note.md' },
      { kind: 'note', path: 'leads-inside.md' },
      { kind: 'file', path: 'page.html' },
      { kind: 'file', path: 'picture.png' },
    ]);
    t.end();
  });
});

t.test('listing and scanning', async (t) => {
  const notes: Record<string, string> = {};
  for (let number = 0; number < 25; number += 1) {
    notes[`Folder/${number}.md`] =
      `---\nstatus: ${number % 2 ? 'odd' : 'even'}\ntags: [n/${number % 3}]\n---\nNote ${number}`;
  }
  const world = await createWorld(t, { ...notes, 'Other/a.md': 'a', 'Folder2/b.md': 'b' });
  await utimes(join(world.directory, 'Other/a.md'), 1000, 1000);
  const vault = await world.open();
  await built(vault);
  const page = (options: ScanOptions) => vault.scan(options);
  const scanAll = async (
    options: ScanOptions,
    between: (round: number) => Promise<void> = async () => {},
  ) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    let round = 0;
    do {
      const { notes, nextCursor } = page({ ...options, cursor });
      seen.push(...notes.map(({ id }) => id));
      cursor = nextCursor;
      round += 1;
      await between(round);
    } while (cursor !== undefined);
    return seen;
  };

  t.test('pages of a folder join without gap or double', (t) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { entries, nextCursor } = vault.listFolder('Folder', { cursor, limit: 4 });
      seen.push(...entries.map(({ path }) => path));
      cursor = nextCursor;
    } while (cursor !== undefined);
    t.same(seen, Object.keys(notes).sort());
    t.end();
  });

  t.test('filters by folder, tag, field and time', async (t) => {
    t.equal((await scanAll({ folder: 'Folder', limit: 7 })).length, 25, 'not Folder2');
    t.equal((await scanAll({ field: { name: 'status', value: 'odd' }, limit: 5 })).length, 12);
    t.equal((await scanAll({ field: { name: 'Status' } })).length, 25, 'any value');
    t.equal((await scanAll({ tag: 'n', limit: 10 })).length, 25);
    t.equal((await scanAll({ tag: '#n/1', field: { name: 'status', value: 'even' } })).length, 4);
    t.same(await scanAll({ tag: 'n"' }), []);
    t.notOk((await scanAll({ modifiedSince: 2000 })).includes('Other/a.md'));
    t.equal((await scanAll({ modifiedSince: 1000 })).length, 27);
  });

  t.test('a cursor that is not ours, or from before a rebuild, is refused', (t) => {
    for (const cursor of ['x', '', 'bnVsbA', Buffer.from('["00000000",3]').toString('base64url')]) {
      t.throws(() => vault.scan({ cursor }), BadCursor);
    }
    t.throws(() => vault.listFolder('', { cursor: 'WzFd' }), BadCursor);
    t.end();
  });

  t.test('a scan shows every note once while notes change, move and come', async (t) => {
    const seen = await scanAll({ limit: 10 }, async (round) => {
      if (round === 1) {
        await world.write('Folder/0.md', 'changed after it was shown');
        await rename(join(world.directory, 'Folder/1.md'), join(world.directory, 'Folder/zz moved.md'));
        await rename(join(world.directory, 'Other/a.md'), join(world.directory, 'Folder/0 moved.md'));
        await world.write('Folder/new.md', 'new');
        await until(() => {
          const { entries } = vault.listFolder('Folder', { limit: 1000 });
          const now = vault.scan({ limit: 1000 }).notes.map(({ id }) => id);
          return entries.length === 27 && now.includes('Folder/new.md') && now.includes('Folder/0 moved.md');
        }, 'the changes');
      }
    });
    t.equal(new Set(seen).size, seen.length, 'none twice');
    t.equal(seen.filter((id) => /Folder\/(1|zz moved)\.md/.test(id)).length, 1, 'moved after it was shown');
    t.equal(seen.filter((id) => /Other\/a|0 moved/.test(id)).length, 1, 'moved before it was shown');
    t.ok(seen.includes('Folder/new.md'));
  });
});

t.test('a page of a scan ends at a megabyte, and the next goes on from there', async (t) => {
  const notes: Record<string, string> = {};
  for (let number = 0; number < 50; number += 1) {
    notes[`${number}.md`] = `---\nsummary: ${'word '.repeat(12_000)}\n---\n`;
  }
  notes['unfolds.md'] = `---\na: &a ${'x'.repeat(60_000)}\nb: [*a, *a, *a]\n---\n`;
  const world = await createWorld(t, notes);
  const vault = await world.open();
  await built(vault);
  for (const filter of [{}, { field: { name: 'summary' } }]) {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = vault.scan({ ...filter, limit: 1000, cursor });
      const size = Buffer.byteLength(JSON.stringify(page.notes));
      t.ok(size > 500_000 || page.nextCursor === undefined, `${size} bytes`);
      t.ok(size < 1_100_000, `${size} bytes`);
      seen.push(...page.notes.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    t.equal(seen.length, filter.field ? 50 : 51);
    t.equal(new Set(seen).size, seen.length);
  }
});

t.test('others have their turn while a note with very many links is read', async (t) => {
  const links = Array.from({ length: 20_000 }, (_, number) => `[[Note ${number}]]`);
  const world = await createWorld(t, {
    'Many.md': links.join(' '),
    'Note 7.md': '[[Many]]',
    'plain.md': 'x',
  });
  const vault = await world.open();
  await built(vault);
  let longestMs = 0;
  let isOver = false;
  let turnedAt = performance.now();
  const turn = (): void => {
    longestMs = Math.max(longestMs, performance.now() - turnedAt);
    turnedAt = performance.now();
    if (!isOver) setImmediate(turn);
  };
  turn();
  const startedAt = performance.now();
  const note = await vault.readNote('Many.md');
  isOver = true;
  turn();
  const tookMs = performance.now() - startedAt;
  t.same(note?.links, ['Note 7.md']);
  t.ok(longestMs < tookMs / 2, `${Math.round(longestMs)} of ${Math.round(tookMs)} ms at once`);
});

for (const isPolling of [false, true]) {
  t.test(
    `a scan while notes are renamed all the time, ${isPolling ? 'looked for' : 'noticed'}`,
    async (t) => {
      const notes: Record<string, string> = {};
      const where = Array.from({ length: 300 }, (_, uid) => `${uid % 5}/${uid}.md`);
      for (const [uid, path] of where.entries()) {
        notes[path] = `---\nuid: ${uid}\n---\nnote\n`;
      }
      const { directory, indexPath } = await createWorld(t, notes);
      const vault = await openVault({ directory, indexPath, isPolling });
      t.teardown(() => vault.close());
      await built(vault);
      let isOver = false;
      const moving = (async () => {
        for (let step = 0; !isOver; step += 1) {
          const uid = (step * 37) % where.length;
          const path = `${(step * 13) % 5}/${uid} ${step}.md`;
          await rename(join(directory, where[uid] ?? ''), join(directory, path));
          where[uid] = path;
          await setTimeout(4);
        }
      })();
      const seen: unknown[] = [];
      let cursor: string | undefined;
      do {
        const page = vault.scan({ cursor, limit: 10 });
        seen.push(...page.notes.map(({ frontMatter }) => frontMatter['uid']));
        cursor = page.nextCursor;
        await setTimeout(100);
      } while (cursor !== undefined);
      isOver = true;
      await moving;
      t.equal(new Set(seen).size, 300, 'every note');
      t.equal(seen.length, 300, 'once');
    },
  );
}

t.test('a note that was moved and changed, met before it was missed, is still the same one', async (t) => {
  const world = await createWorld(t, { 'a/1.md': 'one', 'b/2.md': 'two', 'b/twin.md': 'two' });
  const { directory } = world;
  const vault = await world.open();
  await built(vault);
  const [first] = vault.scan({ limit: 1 }).notes;
  const { nextCursor } = vault.scan({ limit: 1 });
  t.equal(first?.id, 'a/1.md');
  await rename(join(directory, 'a/1.md'), join(directory, 'b/1 moved.md'));
  // Looks at b alone, at once; a has its turn later.
  await writerOf(vault).create('b/new.md', 'new');
  await appendFile(join(directory, 'b/1 moved.md'), ' changed');
  await until(async () => (await vault.search('changed')).length === 1, 'the change');
  const rest = vault.scan({ cursor: nextCursor }).notes.map(({ id }) => id);
  t.same(rest.sort(), ['b/2.md', 'b/new.md', 'b/twin.md']);
});

t.test('what a process that was killed left half forgotten is forgotten by the next', async (t) => {
  const world = await createWorld(t, { 'kept/a.md': 'needle', 'gone/deep/b.md': 'needle' });
  const vault = await world.open();
  await built(vault);
  await vault.close();
  // As between the transaction that forgets a folder and the one that forgets its notes.
  const database = new Database(world.indexPath);
  database.exec("DELETE FROM entries WHERE folder LIKE 'gone%' OR path = 'gone'");
  database.close();
  await rm(join(world.directory, 'gone'), { recursive: true });
  const next = await world.open();
  await built(next);
  t.same(ids(await next.search('needle')), ['kept/a.md']);
});

t.test('a note that may not be read is named with its dates, and read once it may be', async (t) => {
  const world = await createWorld(t, { 'a.md': 'needle', 'closed.md': 'needle' });
  await chmod(dirname(world.directory), 0o777);
  await chmod(join(world.directory, 'closed.md'), 0);
  const asRoot = process.getuid?.() === 0;
  const asOther = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    // root may read everything
    if (asRoot) process.seteuid?.(65_534);
    return work().finally(() => {
      if (asRoot) process.seteuid?.(0);
    });
  };
  await asOther(async () => {
    const vault = await world.open();
    await built(vault);
    t.same(ids(await vault.search('needle')), ['a.md']);
    const note = await vault.readNote('closed.md');
    t.match(note, { text: '', warnings: [/can not be read/], sizeBytes: 6 });
    t.ok(Number(note?.createdAt) > 1_000_000_000);
    t.equal(vault.scan().notes.find(({ id }) => id === 'closed.md')?.createdAt, note?.createdAt);
    await vault.close();
  });
  await chmod(join(world.directory, 'closed.md'), 0o644);
  const vault = await world.open();
  await built(vault);
  t.same(ids(await vault.search('needle')).sort(), ['a.md', 'closed.md']);
});

t.test('a field is found by its name whatever its value, tags as a field too', async (t) => {
  const long = 'word '.repeat(60);
  const world = await createWorld(t, {
    'long.md': `---\nsummary: ${long}\n---\n`,
    'map.md': '---\nsummary: {a: {b: {c: 1}}}\n---\n',
    'list.md': '---\nsummary: []\n---\n',
    'short.md': '---\nSummary: word\ntags: [x/y, z]\n---\n',
    'none.md': 'summary #x',
  });
  const vault = await world.open();
  await built(vault);
  const scan = (name: string, value?: string) =>
    vault.scan({ field: { name, value } }).notes.map(({ id }) => id);
  t.same(scan('summary').sort(), ['list.md', 'long.md', 'map.md', 'short.md']);
  t.same(scan('SUMMARY', 'word'), ['short.md']);
  t.same(scan('summary', ''), []);
  t.same(scan('tags', 'x/y'), ['short.md']);
  t.same(ids(await vault.search('tags:z')), ['short.md']);
  t.same(scan('summ'), []);
});

t.test('numbers of front matter are found and shown as they are written', async (t) => {
  const world = await createWorld(t, {
    'a.md': '---\nphone: 01012345678\nversion: 1.10\nids: [9007199254740993, 0x1F]\n42: 7\n---\n',
    'b.md': '---\nversion: 1.1\n---\n',
  });
  const vault = await world.open();
  await built(vault);
  for (const query of ['01012345678', '9007199254740993', 'ids:31', 'version:1.10', 'phone:01012345678']) {
    t.same(ids(await vault.search(query)), ['a.md'], query);
  }
  t.same(ids(await vault.search('version:1.1')), ['b.md']);
  t.same((await vault.readNote('a.md'))?.frontMatter, {
    42: 7,
    phone: '01012345678',
    version: '1.10',
    ids: ['9007199254740993', 31],
  });
});

t.test('fields of names that Obsidian knows are known in any case', async (t) => {
  const world = await createWorld(t, {
    'a.md': '---\nTags: [one, two/three]\nTAG: four\nAliases: Other name\nTitle: Shown\n---\n',
  });
  const vault = await world.open();
  await built(vault);
  for (const query of ['tag:one', 'tags:two', 'tag:four', 'other']) {
    t.same(ids(await vault.search(query)), ['a.md'], query);
  }
  const note = await vault.readNote('a.md');
  t.same([note?.title, note?.tags], ['Shown', ['one', 'two/three', 'four']]);
  t.equal((await vault.findNote('other NAME'))?.id, 'a.md');
});

t.test('following the folder', async (t) => {
  const world = await createWorld(t, { 'a.md': 'first', 'Folder/b.md': 'see [[a]]' });
  const vault = await world.open();
  await built(vault);

  t.test('what is written, changed, moved or removed is known within 2 s', async (t) => {
    const known = (query: string, expected: string[]) =>
      until(
        async () => String(ids(await vault.search(query))) === String(expected),
        `${query} in ${expected}`,
        2000,
      );
    await world.write('a.md', 'second');
    await known('second', ['a.md']);
    t.same(await vault.search('first'), []);
    await world.write('New/Deep/c.md', 'third [[a]]');
    await known('third', ['New/Deep/c.md']);
    t.same((await vault.readNote('a.md'))?.backlinks, ['Folder/b.md', 'New/Deep/c.md']);
    await rename(join(world.directory, 'New'), join(world.directory, 'Moved'));
    await known('third', ['Moved/Deep/c.md']);
    await world.write('Moved/Deep/c.md', 'fourth');
    await known('fourth', ['Moved/Deep/c.md']);
    await rm(join(world.directory, 'Moved'), { recursive: true });
    await known('fourth', []);
    t.same(vault.listFolder('Moved').entries, []);
    await world.write('Moved/Deep/c.md', 'fifth');
    await known('fifth', ['Moved/Deep/c.md']);
  });

  t.test('a folder that is away for a moment is not an empty vault', async (t) => {
    await rename(world.directory, `${world.directory}.away`);
    await rename(`${world.directory}.away`, world.directory);
    t.same(ids(await vault.search('second')), ['a.md']);
    await world.write('a.md', 'back again');
    await until(async () => (await vault.search('back again')).length === 1, 'the change after it came back');
  });
});

t.test('a folder without notices is followed by looking again', async (t) => {
  const world = await createWorld(t, { 'a.md': 'first', 'Folder/b.md': 'b' });
  const { directory, indexPath } = world;
  const vault = await openVault({ directory, indexPath, isPolling: true });
  t.teardown(() => vault.close());
  await built(vault);
  await world.write('Folder/b.md', 'second');
  await world.write('New/c.md', 'third');
  await until(
    async () => (await vault.search('second')).length + (await vault.search('third')).length === 2,
    'both',
    2000,
  );
  await rm(join(directory, 'Folder/b.md'));
  await rm(join(directory, 'New'), { recursive: true });
  await until(
    async () => (await vault.search('second')).length + (await vault.search('third')).length === 0,
    'neither',
    2000,
  );
});

t.test('two processes may keep one index, as while one takes over from the other', async (t) => {
  const notes: Record<string, string> = {};
  for (let number = 0; number < 700; number += 1) {
    notes[`${number}.md`] = `note ${number} word`;
  }
  const world = await createWorld(t, notes);
  const problems: Error[] = [];
  const { directory, indexPath } = world;
  const open = async () => {
    const vault = await openVault({ directory, indexPath, onProblem: (problem) => problems.push(problem) });
    t.teardown(() => vault.close());
    return vault;
  };
  const vaults = await Promise.all([open(), open()]);
  await Promise.all(vaults.map(built));
  for (const vault of vaults) {
    t.equal(vault.scan({ limit: 1000 }).notes.length, 700);
    t.equal((await vault.search('word', { limit: 100 })).length, 100);
  }
  await world.write('0.md', 'changed');
  for (const vault of vaults) {
    await until(async () => (await vault.search('changed')).length === 1, 'the change in both');
  }
  t.same(problems, []);
});

t.test('the index file', async (t) => {
  const world = await createWorld(t, { 'a.md': 'needle', 'b.md': 'other' });
  const settle = async () => {
    const vault = await world.open();
    await built(vault);
    const found = ids(await vault.search('needle'));
    await vault.close();
    return found;
  };
  t.same(await settle(), ['a.md']);

  t.test('is there at once when opened again, and caught up with what changed meanwhile', async (t) => {
    await world.write('c.md', 'needle');
    await rm(join(world.directory, 'b.md'));
    const vault = await world.open();
    t.ok(ids(await vault.search('needle')).includes('a.md'));
    await built(vault);
    t.same(ids(await vault.search('needle')).sort(), ['a.md', 'c.md']);
    t.same(await vault.search('other'), []);
    t.match(vault.progress(), { notes: 2, indexed: 2 });
    await vault.close();
    await rm(join(world.directory, 'c.md'));
    await world.write('b.md', 'other');
  });

  t.test('is made anew when it is missing, damaged, foreign, cut short or of another version', async (t) => {
    const break_ = {
      missing: () => rm(world.indexPath),
      foreign: () => writeFile(world.indexPath, 'a letter to my grandmother'),
      cut: () => truncate(world.indexPath, 8192),
      empty: () => truncate(world.indexPath, 0),
      version: async () => {
        const bytes = await readFile(world.indexPath);
        bytes.writeUInt32BE(99, 60);
        await writeFile(world.indexPath, bytes);
      },
      inside: async () => {
        const bytes = await readFile(world.indexPath);
        bytes.fill(0xff, 4096);
        await writeFile(world.indexPath, bytes);
      },
    };
    for (const [name, damage] of Object.entries(break_)) {
      await damage();
      t.same(await settle(), ['a.md'], name);
    }
    t.equal(
      await readFile(`${world.indexPath}.replaced`, 'utf8'),
      'a letter to my grandmother',
      'moved aside',
    );
    t.equal(await readFile(join(world.directory, 'a.md'), 'utf8'), 'needle', 'the notes are as they were');
  });

  t.test('may be deleted while it is in use: it is made anew, and nobody waits', async (t) => {
    for (const ends of [[''], ['', '-wal', '-shm']]) {
      const problems: string[] = [];
      const { directory, indexPath } = world;
      const vault = await openVault({
        directory,
        indexPath,
        onProblem: ({ cause }) => problems.push(String(cause)),
      });
      await built(vault);
      for (const end of ends) {
        await rm(indexPath + end, { force: true });
      }
      t.same(ids(await vault.search('needle')), ['a.md']);
      await until(() => existsSync(indexPath), 'the new file');
      await until(
        async () => (await vault.search('needle')).length === 1 && !vault.progress().building,
        'the new index',
      );
      t.match(problems, [/taken away/]);
      await vault.close();
      t.same(await settle(), ['a.md']);
    }
  });

  t.test('serves another folder only after it was made anew', async (t) => {
    const other = await createWorld(t, { 'z.md': 'zebra' });
    const vault = await openVault({ directory: other.directory, indexPath: world.indexPath });
    t.same(await vault.search('needle'), []);
    await built(vault);
    t.same(ids(await vault.search('zebra')), ['z.md']);
    await vault.close();
  });

  t.test('may not lie among the notes', async (t) => {
    const indexPath = join(world.directory, 'a.md');
    await t.rejects(openVault({ directory: world.directory, indexPath }), IndexNotUsable);
    t.equal(await readFile(indexPath, 'utf8'), 'needle');
  });

  t.test('that can not be made stops the opening, with the way out', async (t) => {
    await t.rejects(openVault({ directory: world.directory, indexPath: dirname(world.indexPath) }), {
      name: 'IndexNotUsable',
      message: /API_INDEX_PATH/,
    });
  });
});

t.test('a folder that is missing, or no folder, stops the opening, with the way out', async (t) => {
  const world = await createWorld(t, { 'a.md': 'a' });
  for (const directory of [join(world.directory, 'missing'), join(world.directory, 'a.md')]) {
    await t.rejects(openVault({ directory, indexPath: ':memory:' }), {
      name: 'VaultNotFound',
      message: new RegExp(`${directory}.*API_VAULT_DIR`),
    });
  }
});

t.test('an answer comes while the index is building, and closing in the middle is clean', async (t) => {
  const notes: Record<string, string> = {};
  for (let number = 0; number < 1500; number += 1) {
    notes[`${number % 10}/${number}.md`] = `note ${number} ${'인증 words '.repeat(200)}`;
  }
  const world = await createWorld(t, notes);
  const early = await world.open();
  t.same(await early.search('인증'), []);
  t.match(early.progress(), { indexed: 0, building: true });
  await until(() => early.progress().indexed > 0, 'the first notes');
  t.ok((await early.search('인증')).length > 0);
  await early.close();
  const vault = await world.open();
  t.ok(vault.progress().indexed > 0, 'what was done is kept');
  await built(vault);
  t.match(vault.progress(), { notes: 1500, indexed: 1500 });
  t.equal(vault.scan({ limit: 1000 }).notes.length, 1000);
});
