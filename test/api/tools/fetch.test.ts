// api/tools/fetch.ts, with api/vault/naming/: a note is found by whatever names it, over HTTP and in each way to it.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import {
  callTool,
  makeVault,
  postMcp,
  postModern,
  RESOURCE,
  readJson,
  startWorld,
  type World,
  waitForIndex,
} from '../../support/loop-api.ts';

const decomposed = 'Mémo/Café.md'.normalize('NFD');
const notes: Record<string, string> = {
  'Ops.md':
    '---\naliases: [Operations handbook, "운영 안내서"]\n---\n# Ops\n\n## Rollback\nback ^safe\n\n## After\nend\n',
  'Folder/Deep/Plan of work.md': 'the plan',
  'Titled/20261126.md': '---\ntitle: "The real #1 title"\nAlias: Zed\n---\n',
  'Titled/1.md': '# Twice\n',
  'Titled/2.md': '# twice\n',
  'Folder/Note.md': 'one note',
  'Other/Note.md': 'another note',
  'Other/UPPER.md': 'upper',
  'Case/same.md': 'lower same',
  'Case/Same.md': 'upper same',
  'Top.md': 'at the top',
  'Folder/Top.md': 'further down',
  'Both.md': 'md',
  'Both.markdown': 'markdown',
  '100% [[real]] (x).md': 'signs',
  'C.md': '# C\n',
  'C# notes.md': '# C#\nsharp\n# Other\n',
  '한국어/인증.md': '# 인증\n\n## 토큰\n새 토큰\n',
  [decomposed]: 'from a Mac',
  ...Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`Many/${n}/index.md`, 'one of many'])),
};

async function startNames(t: Test): Promise<World> {
  const directory = join(await makeVault(t), 'vault');
  for (const [path, text] of Object.entries(notes)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  const world = await startWorld(t, { API_VAULT_DIR: directory });
  world.auth.addToken('good', RESOURCE, { scope: 'vault.read vault.write' });
  await waitForIndex(world);
  return world;
}

const call = async ({ url }: World, name: string, args: Record<string, unknown>) =>
  (await readJson(await postMcp(url, 'good', callTool(name, args)))).result;

t.test('whatever names a note gets it: an id, a path, a name, a link, an address, an alias', async (t) => {
  const world = await startNames(t);
  const names: Record<string, string[]> = {
    'Ops.md': [
      ...[
        'Ops.md',
        'Ops',
        '/Ops.md',
        '/Ops',
        './Ops.md',
        'ops',
        'OPS.MD',
        ' Ops ',
        '\\Ops.md',
        'Ops.markdown',
      ],
      ...[
        '[[Ops]]',
        '![[Ops]]',
        '[[Ops|shown]]',
        '[[Ops\\|shown]]',
        '[[ops.md]]',
        '[Ops](Ops.md)',
        '[x](<Ops.md>)',
        '[x](Ops.md "shown")',
        "[x](<Ops.md> 'shown')",
      ],
      ...[
        'https://notes.example/notes/Ops.md',
        'vault:///Ops.md',
        'vault:///Ops',
        'HTTPS://notes.example/notes/Ops',
      ],
      ...[
        'obsidian://open?vault=V&file=Ops',
        'Operations handbook',
        'operations HANDBOOK',
        '[[운영 안내서]]',
      ],
    ],
    'Folder/Deep/Plan of work.md': [
      ...['Plan of work', 'Deep/Plan of work', 'folder\\deep\\plan of work.md', 'Folder//Deep/Plan of work'],
      ...['Folder/Deep/Plan%20of%20work.md', 'Folder%2FDeep%2FPlan%20of%20work', 'Plan%20of%20work'],
      ...[
        'https://notes.example/notes/Folder/Deep/Plan%20of%20work.md',
        '[p](Folder/Deep/Plan%20of%20work.md)',
      ],
      ...[
        'obsidian://open?file=Folder%2FDeep%2FPlan%20of%20work',
        'http://localhost:8082/notes/Plan%20of%20work',
      ],
    ],
    'Titled/20261126.md': ['The real #1 title', 'the REAL #1 title', '[[The real #1 title]]', 'Zed'],
    'Case/same.md': ['Case/same.md', 'Case/same', '[[Case/same]]', 'same'],
    'Case/Same.md': ['Case/Same.md', 'Case/Same', 'Same'],
    'Other/UPPER.md': ['upper', 'other/upper', 'Other/UPPER'],
    'Top.md': ['Top', '/top', '[[Top]]'],
    'Both.markdown': ['Both.markdown', 'both.markdown'],
    '100% [[real]] (x).md': ['100% [[real]] (x)', '100% [[real]] (x).md', '[[100% [[real]] (x)]]'],
    'C# notes.md': ['C# notes', 'C# notes.md', 'https://notes.example/notes/C%23%20notes.md', 'c%23 notes'],
    '한국어/인증.md': [
      ...['인증', '한국어/인증', '한국어/인증.md'.normalize('NFD'), '[[인증]]'.normalize('NFD')],
      `https://notes.example/notes/${encodeURIComponent('한국어')}/${encodeURIComponent('인증.md')}`,
    ],
    [decomposed.normalize('NFC')]: ['Café', decomposed, 'mémo/café', 'Mémo/Café.md'],
  };
  for (const [id, spellings] of Object.entries(names)) {
    for (const spelling of spellings) {
      const { structuredContent, content } = await call(world, 'fetch', { id: spelling });
      t.equal(structuredContent?.id, id, `${spelling}: ${content[0].text.slice(0, 200)}`);
    }
  }
});

t.test('what search returns as url is one of them', async (t) => {
  const world = await startNames(t);
  for (const query of ['plan', 'signs', 'sharp', 'Mac', '토큰']) {
    const [{ id, url }] = (await call(world, 'search', { query })).structuredContent.results;
    t.equal((await call(world, 'fetch', { id: url })).structuredContent?.id, id, url);
  }
});

t.test('a name of several notes is answered with their ids, and one of none with the way on', async (t) => {
  const world = await startNames(t);
  const several = {
    Note: '2 notes have this name; give the id of one: "Other/Note.md", "Folder/Note.md".',
    'note.md': '2 notes have this name; give the id of one: "Other/Note.md", "Folder/Note.md".',
    'case/SAME': '2 notes have this name; give the id of one: "Case/Same.md", "Case/same.md".',
    Both: '2 notes have this name; give the id of one: "Both.md", "Both.markdown".',
    Twice: '2 notes have this name; give the id of one: "Titled/1.md", "Titled/2.md".',
    'Note#Heading': '2 notes have this name; give the id of one: "Other/Note.md", "Folder/Note.md".',
  };
  for (const [id, message] of Object.entries(several)) {
    t.match(await call(world, 'fetch', { id }), { isError: true, content: [{ text: message }] }, id);
  }
  for (const id of [
    'nowhere',
    '../index.db',
    '/etc/passwd',
    '.obsidian/app.md',
    '#x',
    '[[',
    '/',
    'a/../Ops.md',
  ]) {
    t.match(await call(world, 'fetch', { id }), {
      isError: true,
      content: [{ text: 'There is no note with this id. Use search or list to find one.' }],
    });
  }
});

t.test('a heading, a path of headings or a block behind any of them gives that part', async (t) => {
  const world = await startNames(t);
  const parts: Record<string, string> = {
    'Ops#Rollback': '## Rollback\nback ^safe\n\n',
    'ops.md#rollback': '## Rollback\nback ^safe\n\n',
    'Ops.md#Ops#Rollback': '## Rollback\nback ^safe\n\n',
    'Ops### Rollback': '## Rollback\nback ^safe\n\n',
    '[[Ops#After|what comes then]]': '## After\nend\n',
    'Ops#^safe': 'back ^safe\n',
    'https://notes.example/notes/Ops.md#After': '## After\nend\n',
    'Ops.md#': '# Ops\n\n## Rollback\nback ^safe\n\n## After\nend\n',
    'C# notes#C#': '# C#\nsharp\n',
    'C# notes.md#Other': '# Other\n',
    '인증#토큰': '## 토큰\n새 토큰\n',
    '%EC%9D%B8%EC%A6%9D#%ED%86%A0%ED%81%B0': '## 토큰\n새 토큰\n',
  };
  for (const [id, text] of Object.entries(parts)) {
    const { structuredContent, content } = await call(world, 'fetch', { id });
    t.equal(structuredContent?.text, text, `${id}: ${content[0].text.slice(0, 200)}`);
  }
});

t.test('resources and REST take the same names', async (t) => {
  const world = await startNames(t);
  for (const name of ['ops', '[[Ops|x]]', 'Ops#Rollback']) {
    const encoded = encodeURIComponent(name);
    const read = await postModern(world.url, 'good', 'resources/read', { uri: `vault:///${encoded}` });
    t.match(await read.json(), { result: { contents: [{ text: /^#+ (Ops|Rollback)/ }] } }, name);
    const rest = await fetch(`${world.url}/api/notes/${encoded}`, {
      headers: { authorization: 'Bearer good' },
    });
    t.match(await rest.json(), { id: 'Ops.md', text: /^#+ (Ops|Rollback)/ }, name);
  }
  const rest = await fetch(`${world.url}/api/notes/note`, { headers: { authorization: 'Bearer good' } });
  t.match(await rest.json(), { status: 400, detail: /give the id of one/ });
});

t.test('a change wants the id itself, and says which that is', async (t) => {
  const world = await startNames(t);
  const change = { text: 'x', revision: 'any' };
  const text = async (tool: string, id: string): Promise<string> =>
    (await call(world, tool, { id, ...change })).content[0].text;
  const meant = 'There is no note with this id. Is it "Ops.md" that is meant?';
  for (const name of ['Ops', 'ops.md', '[[Ops]]', 'https://notes.example/notes/Ops.md']) {
    for (const tool of ['append_to_note', 'replace_note', 'delete_note'])
      t.equal(await text(tool, name), meant);
  }
  t.equal(
    await text('append_to_note', 'Note'),
    'There is no note with this id. Is it "Other/Note.md", "Folder/Note.md" that is meant?',
  );
  t.match(await text('append_to_note', 'nowhere'), 'Use search or list to find one.');
});
