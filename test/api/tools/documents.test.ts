// Other files than notes over HTTP, as the official client sees them: found, fetched, linked, and never written.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import t, { type Test } from 'tap';
import { makeVault, RESOURCE, startWorld, type World, waitForIndex } from '../../support/loop-api.ts';
import {
  cjkFont,
  deflated,
  helvetica,
  showBytes,
  showLines,
  writePages,
  writePdf,
  writeTextPdf,
} from '../../support/pdf-file.ts';
import { until } from '../../support/until.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a tool answers is what the test is about to find out
type Answer = any;

interface ConnectedWorld extends World {
  call(name: string, args: Record<string, unknown>): Promise<Answer>;
  /** The structured answer; the text of a refusal. */
  ask(name: string, args: Record<string, unknown>): Promise<Answer>;
  rest(path: string): Promise<{ status: number; body: Answer }>;
  write(path: string, content: string | Buffer): Promise<void>;
  client: Client;
}

async function startConnectedWorld(
  t: Test,
  files: Record<string, string | Buffer>,
  settings: Record<string, string> = {},
): Promise<ConnectedWorld> {
  const folder = await makeVault(t);
  const write = async (path: string, content: string | Buffer): Promise<void> => {
    await mkdir(dirname(join(folder, 'vault', path)), { recursive: true });
    await writeFile(join(folder, 'vault', path), content);
  };
  for (const [path, content] of Object.entries(files)) await write(path, content);
  const world = await startWorld(t, {
    API_VAULT_DIR: join(folder, 'vault'),
    API_INDEX_PATH: join(folder, 'index.db'),
    ...settings,
  });
  world.auth.addToken('writer', RESOURCE, { scope: 'vault.read vault.write' });
  await waitForIndex(world);
  const client = new Client({ name: 'test', version: '1' });
  const headers = { authorization: 'Bearer writer' };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${world.url}/mcp`), { requestInit: { headers } }),
  );
  t.teardown(() => client.close());
  // The client holds each answer against the tool's output schema.
  await client.listTools();
  const call = (name: string, args: Record<string, unknown>): Promise<Answer> =>
    client.callTool({ name, arguments: args });
  return {
    ...world,
    folder,
    client,
    write,
    call,
    ask: async (name, args) => {
      const answer = await call(name, args);
      return answer.isError ? answer.content[0].text : answer.structuredContent;
    },
    rest: async (path) => {
      const answer = await fetch(`${world.url}${path}`, { headers });
      return { status: answer.status, body: await answer.json() };
    },
  };
}

const found = async ({ ask }: ConnectedWorld, query: string): Promise<string[]> =>
  (await ask('search', { query })).results.map(({ id }: { id: string }) => id);

const isImage = ({ type }: { type: string }): boolean => type === 'image';

const canvas = JSON.stringify({
  nodes: [
    { id: 'a', type: 'text', text: 'A capybara wanders, see [[loop]]', x: 0, y: 0, width: 9, height: 9 },
    { id: 'b', type: 'file', file: 'garden.md', x: 0, y: 50, width: 9, height: 9 },
  ],
  edges: [{ id: 'e', fromNode: 'a', toNode: 'b', label: 'eats' }],
});

t.test('a canvas is found by its text and its name, fetched as text, and its links count', async (t) => {
  const world = await startConnectedWorld(t, {
    'Boards/Zebra board.canvas': canvas,
    'Index.md': 'The plan is on [[Zebra board.canvas]].\n',
  });
  const id = 'Boards/Zebra board.canvas';
  t.same(await found(world, 'capybara'), [id]);
  t.match((await world.ask('search', { query: 'zebra' })).results[0], {
    id,
    title: 'Zebra board.canvas',
    url: 'https://notes.example/notes/Boards/Zebra%20board.canvas',
  });
  const fetched = await world.ask('fetch', { id });
  t.equal(
    fetched.text,
    'A capybara wanders, see [[loop]]\n\nFile: [[garden.md]]\n\n## Connections\n\n- A capybara wanders, see [[loop]] → garden: eats',
  );
  t.match(fetched, {
    id,
    title: 'Zebra board.canvas',
    metadata: { kind: 'canvas', backlinks: ['Index.md'], modifiedAt: String, revision: String },
  });
  t.same(fetched.metadata.links.sort(), ['garden.md', 'projects/loop.md']);
  for (const note of ['garden.md', 'projects/loop.md']) {
    t.same((await world.ask('fetch', { id: note })).metadata.backlinks, [id]);
  }
  t.same((await world.ask('fetch', { id: 'Index.md' })).metadata.links, [id]);
  t.match(await world.rest(`/api/notes/${encodeURI(id)}`), { status: 200, body: { text: fetched.text } });
  const { contents } = await world.client.readResource({ uri: `vault:///${encodeURI(id)}` });
  t.match(contents, [{ mimeType: 'text/plain', text: fetched.text }]);
});

t.test('a base is found and fetched as text', async (t) => {
  const world = await startConnectedWorld(t, {
    'Books.base': 'filters: file.hasTag("wombat")\nviews:\n  - type: table\n    name: Unread\n',
  });
  t.same(await found(world, 'wombat'), ['Books.base']);
  const { text, title, metadata } = await world.ask('fetch', { id: 'Books.base' });
  t.equal(text, '## Filters\n- file.hasTag("wombat")\n\n## View: Unread (table)');
  t.match({ title, metadata }, { title: 'Books.base', metadata: { kind: 'base' } });
});

t.test('one that is broken is shown as it is written, with a warning, and found so', async (t) => {
  const world = await startConnectedWorld(t, {
    'Broken.canvas': '{"nodes":[{"text":"a numbat"',
    'Broken.base': 'filters: [quokka',
  });
  t.same(await found(world, 'numbat'), ['Broken.canvas']);
  t.same(await found(world, 'quokka'), ['Broken.base']);
  t.match(await world.ask('fetch', { id: 'Broken.canvas' }), {
    text: '{"nodes":[{"text":"a numbat"',
    metadata: { warnings: [/canvas is shown as it is written: it is not valid JSON/] },
  });
  t.match(await world.ask('fetch', { id: 'Broken.base' }), {
    text: 'filters: [quokka',
    metadata: { warnings: [/base is shown as it is written: it is not valid YAML/] },
  });
});

t.test('it is followed as it changes, moves and goes', async (t) => {
  const world = await startConnectedWorld(t, { 'a.canvas': canvas });
  await world.write('a.canvas', canvas.replace('capybara', 'tapir'));
  await until(async () => (await found(world, 'tapir')).length === 1, 'the change');
  t.same(await found(world, 'capybara'), []);
  await world.write('b.canvas', canvas);
  await rm(join(world.folder, 'vault', 'a.canvas'));
  await until(async () => (await found(world, 'tapir')).length === 0, 'its end');
  t.same(await found(world, 'capybara'), ['b.canvas']);
});

t.test('notes alone are counted and scanned; every file is listed', async (t) => {
  const world = await startConnectedWorld(t, { 'a.canvas': canvas, 'b.base': 'views: []', 'c.zip': 'PK' });
  const { notes } = await world.ask('scan', {});
  t.same(notes.map(({ id }: { id: string }) => id).sort(), [
    'garden.md',
    'projects/loop.md',
    '한국어/인증.md',
  ]);
  const { entries } = await world.ask('list', {});
  t.same(
    entries.filter(({ kind }: { kind: string }) => kind === 'file').map(({ path }: { path: string }) => path),
    ['a.canvas', 'b.base', 'c.zip'],
  );
  const { resources } = await world.client.listResources();
  t.equal(resources.length, 3);
  t.match(await world.ask('fetch', { id: 'c.zip' }), /has nothing that can be given: notes, canvases/);
  t.match(await world.rest('/api/notes/c.zip'), { status: 400, body: { error: 'invalid_request' } });
  t.match(await world.ask('fetch', { id: 'nowhere.canvas' }), /There is no note/);
});

t.test('the writing tools refuse other files, and make none', async (t) => {
  const world = await startConnectedWorld(t, {
    'a.canvas': canvas,
    'Photo.png': 'x',
    'b.base': '',
    'c.zip': 'PK',
  });
  const revision = 'A'.repeat(22);
  for (const id of ['a.canvas', 'Photo.png', 'b.base', 'c.zip']) {
    for (const [tool, args] of [
      ['append_to_note', { id, revision, text: 'x' }],
      ['replace_note', { id, revision, text: 'x' }],
      ['edit_note', { id, revision, field: 'a', value: 1 }],
      ['delete_note', { id, revision }],
    ] as const) {
      t.match(await world.ask(tool, args), /not a note: only Markdown notes can be changed/, `${tool} ${id}`);
    }
  }
  t.match(await world.ask('delete_note', { id: 'c.canvas', revision }), /There is no note/);
  for (const path of ['new.canvas', 'New/x.BASE', 'paper.pdf', 'photo.jpg', 'clip.mp4', 'drawing.svg']) {
    t.match(
      await world.ask('create_note', { path, text: 'x' }),
      /only Markdown notes can be made here/,
      path,
    );
  }
  t.equal(await readFile(join(world.folder, 'vault', 'a.canvas'), 'utf8'), canvas);
  t.match(await world.ask('create_note', { path: 'Version 1.2', text: 'x' }), { id: 'Version 1.2.md' });
  t.match(await world.ask('create_note', { path: 'Node.js', text: 'x' }), { id: 'Node.js.md' });
});

/** The smallest whole files of their kinds: one pixel. */
const pixels = {
  png: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
  gif: Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
  webp: Buffer.from('UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=', 'base64'),
  jpeg: Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
    Buffer.from('\0\x10JFIF\0'),
    Buffer.from([0xff, 0xd9]),
  ]),
};

t.test('an image is found by its name, and fetched as what its bytes are', async (t) => {
  const world = await startConnectedWorld(t, {
    'Pictures/Axolotl.png': pixels.png,
    'wrong.png': pixels.gif,
    'small.webp': pixels.webp,
    'photo.JPG': pixels.jpeg,
    'no extension': pixels.png,
    'Index.md': '![[Axolotl.png]]\n',
  });
  t.same((await found(world, 'axolotl')).sort(), ['Index.md', 'Pictures/Axolotl.png']);
  const { content, structuredContent } = await world.call('fetch', { id: 'Pictures/Axolotl.png' });
  t.same(content.filter(isImage), [
    { type: 'image', data: pixels.png.toString('base64'), mimeType: 'image/png' },
  ]);
  t.match(structuredContent, {
    id: 'Pictures/Axolotl.png',
    title: 'Axolotl.png',
    text: /^An image \(image\/png, 70 bytes\)/,
    metadata: { kind: 'image', mimeType: 'image/png', sizeBytes: 70, backlinks: ['Index.md'] },
  });
  for (const [id, mimeType, data] of [
    ['wrong.png', 'image/gif', pixels.gif],
    ['small.webp', 'image/webp', pixels.webp],
    ['photo.JPG', 'image/jpeg', pixels.jpeg],
    ['no extension', 'image/png', pixels.png],
  ] as const) {
    const fetched = await world.call('fetch', { id });
    t.match(fetched.content.find(isImage), { mimeType, data: data.toString('base64') }, id);
  }
  t.match(await world.rest('/api/notes/Pictures/Axolotl.png'), {
    status: 200,
    body: { text: /Clients of MCP/, metadata: { mimeType: 'image/png' } },
  });
  const { contents } = await world.client.readResource({ uri: 'vault:///Pictures/Axolotl.png' });
  t.match(contents, [{ mimeType: 'image/png', blob: pixels.png.toString('base64') }]);
});

t.test('an image of a megabyte is given, a larger one and what is none are refused', async (t) => {
  const world = await startConnectedWorld(t, {
    'most.png': Buffer.concat([pixels.png, Buffer.alloc(1024 * 1024 - pixels.png.length)]),
    'large.png': Buffer.concat([pixels.png, Buffer.alloc(3 * 1024 * 1024)]),
    'none.png': 'just text',
    'empty.png': '',
    'drawing.svg':
      '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
  });
  const { content } = await world.call('fetch', { id: 'most.png' });
  t.equal(Buffer.from(content.find(isImage).data, 'base64').length, 1024 * 1024);
  t.match(await world.ask('fetch', { id: 'large.png' }), /has 3\.0 MB: .* up to 1 MB as images/);
  t.match(await world.ask('fetch', { id: 'none.png' }), /nothing that can be given/);
  t.match(await world.ask('fetch', { id: 'empty.png' }), /nothing that can be given/);
  t.match(await world.ask('fetch', { id: 'drawing.svg' }), /SVG is not given/);
});

/** PDFs are the last to have their turn. */
const patience = 60_000;

const cardOf = (text: string): string => JSON.stringify({ nodes: [{ type: 'text', text }] });

t.test('other files are hidden, named and told from each other as notes are', async (t) => {
  const copy = 'Board (conflicted copy 2026-11-20).canvas';
  const world = await startConnectedWorld(
    t,
    {
      'Board.canvas': cardOf('A puffin'),
      [copy]: cardOf('A puffin puffin puffin'),
      'Secret/Hidden.canvas': cardOf('A secret puffin in [[garden]]'),
      'Secret/Puffin.png': pixels.png,
      'shown/Puffin.draft.base': 'filters: puffin',
      'caf\u00e9.canvas': cardOf('A composed walrus'),
      'cafe\u0301.canvas': cardOf('A decomposed walrus'),
      'caf\u00e9.pdf': writeTextPdf('A composed narwhal'),
      'cafe\u0301.pdf': writeTextPdf('A decomposed narwhal'),
      'Secret/Paper.pdf': writeTextPdf('A secret narwhal'),
      LICENSE: pixels.png,
      'LICENSE.md': 'free',
    },
    { API_HIDDEN: 'Secret,**/*.draft.base' },
  );
  t.same(
    await found(world, 'puffin'),
    ['Board.canvas', copy],
    'a copy comes last, what is hidden not at all',
  );
  for (const id of ['Secret/Hidden.canvas', 'secret/hidden.CANVAS', 'Secret/Puffin.png'])
    t.match(await world.ask('fetch', { id }), /There is no note/, id);
  t.match(await world.ask('append_to_note', { id: 'Secret/Puffin.png', text: 'x' }), /not open|no note/);
  t.same((await world.ask('fetch', { id: 'garden.md' })).metadata.backlinks, []);
  t.match(await world.ask('fetch', { id: copy }), {
    metadata: { conflictOf: 'Board.canvas', kind: 'canvas' },
  });
  const [first, twin] = (await found(world, 'walrus')).sort();
  t.same([first, twin?.replace(/[0-9a-f]{8}/, '#')], ['caf\u00e9.canvas', 'caf\u00e9~#.canvas']);
  t.match(await world.ask('fetch', { id: twin }), { text: 'A decomposed walrus', title: 'caf\u00e9.canvas' });
  for (const id of ['[[Board.canvas]]', '/board.CANVAS', 'https://notes.example/notes/Board.canvas'])
    t.match(await world.ask('fetch', { id }), { id: 'Board.canvas' }, id);
  t.match(await world.ask('fetch', { id: 'LICENSE' }), { id: 'LICENSE.md' }, 'rather a note');
  await until(async () => (await found(world, 'narwhal')).length === 2, 'the PDFs', patience);
  const pdfs = (await world.ask('search', { query: 'narwhal' })).results;
  t.same(
    pdfs.map(({ title }: { title: string }) => title),
    ['caf\u00e9.pdf', 'caf\u00e9.pdf'],
  );
  const twinPdf = pdfs.find(({ id }: { id: string }) => id.includes('~')).id;
  t.match(await world.ask('fetch', { id: twinPdf }), { text: '[page 1]\nA decomposed narwhal' });
  t.match(await world.ask('fetch', { id: 'Secret/Paper.pdf' }), /There is no note/);
});

t.test('a long canvas is read in parts, and each has a way to the next', async (t) => {
  const groups = Array.from({ length: 40 }, (_, number) => [
    {
      id: `g${number}`,
      type: 'group',
      label: `Part ${number}`,
      x: 0,
      y: number * 100,
      width: 50,
      height: 90,
    },
    { type: 'text', text: `${number} `.repeat(1500), x: 10, y: number * 100 + 10, width: 10, height: 10 },
  ]);
  const world = await startConnectedWorld(t, { 'Long.canvas': JSON.stringify({ nodes: groups.flat() }) });
  let id: string | undefined = 'Long.canvas';
  let text = '';
  while (id !== undefined) {
    const part: Answer = await world.ask('fetch', { id });
    t.ok(JSON.stringify(part).length <= 50_000, id);
    t.notMatch(part.metadata.warnings, [/append_to_note/], 'no tool that would refuse it');
    text += part.text;
    id = part.metadata.next;
  }
  const whole = groups.map((_, number) => `## Group: Part ${number}\n\n${`${number} `.repeat(1500).trim()}`);
  t.equal(text, whole.join('\n\n'));
  t.match((await world.ask('fetch', { id: 'Long.canvas#Group: Part 7' })).text, /^## Group: Part 7\n\n7 7/);
});

t.test('lists of notes are of notes, and what a canvas shows is no orphan', async (t) => {
  const world = await startConnectedWorld(t, {
    'a.canvas': JSON.stringify({
      nodes: [
        { type: 'file', file: 'Shown.md' },
        { type: 'file', file: 'Gone.md' },
        { type: 'file', file: 'c.zip' },
      ],
    }),
    'Shown.md': '',
    'Alone.md': '![[p.png]]',
    'p.png': pixels.png,
    'c.zip': 'PK',
  });
  const rows = async (of: string): Promise<Answer[]> => (await world.ask('list', { of })).entries;
  const orphans = (await rows('orphans')).map(({ id }) => id);
  t.ok(orphans.includes('Alone.md'), 'a picture connects it with no note');
  t.notOk(orphans.some((id) => ['Shown.md', 'p.png', 'a.canvas'].includes(id)));
  t.notOk((await rows('recent')).some(({ id }) => !id.endsWith('.md')));
  t.same(
    (await rows('missing')).filter(({ from }) => from.includes('a.canvas')),
    [{ target: 'Gone.md', from: ['a.canvas'] }],
  );
});

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

t.test('a PDF is found by its text and name, and fetched with marks of its pages', async (t) => {
  const world = await startConnectedWorld(t, {
    'Papers/Okapi study.pdf': writeTextPdf('On the okapi', 'It eats leaves'),
    '회의록.PDF': writePages([showBytes(utf16('분기 예산 회의록'))], cjkFont('UniKS-UCS2-H', 'Korea1', 1)),
    'Index.md': '[[Okapi study.pdf#2]]\n',
  });
  const id = 'Papers/Okapi study.pdf';
  await until(async () => (await found(world, 'leaves')).length > 0, 'its text', patience);
  t.same(await found(world, 'leaves'), [id]);
  await until(async () => (await found(world, 'eating')).join() === id, 'its words in other forms');
  t.match((await world.ask('search', { query: 'study' })).results[0], { id, title: 'Okapi study.pdf' });
  t.match(await world.ask('fetch', { id }), {
    id,
    title: 'Okapi study.pdf',
    text: '[page 1]\nOn the okapi\n\n[page 2]\nIt eats leaves',
    metadata: { kind: 'pdf', backlinks: ['Index.md'] },
  });
  t.match(await world.ask('fetch', { id: '[[okapi STUDY.pdf]]' }), { id }, 'by whatever names it');
  await until(async () => (await found(world, '예산')).length > 0, 'the Korean one', patience);
  t.match(await world.ask('fetch', { id: '회의록.PDF' }), { text: '[page 1]\n분기 예산 회의록' });
  t.same(await found(world, 'page'), [], 'the marks are nothing to be found by');
  t.match(await world.rest(`/api/notes/${encodeURI(id)}`), { status: 200, body: { text: /okapi/ } });
  const { contents } = await world.client.readResource({ uri: `vault:///${encodeURI(id)}` });
  t.match(contents, [{ mimeType: 'text/plain', text: /okapi/ }]);
  const { notes } = await world.ask('scan', {});
  t.equal(notes.length, 4, 'notes alone');
});

t.test('one that can not be read says why, and is read when it has changed', async (t) => {
  const world = await startConnectedWorld(t, {
    'Broken.pdf': 'no PDF at all',
    'Empty.pdf': writeTextPdf(''),
  });
  const warnings = async (id: string): Promise<string> =>
    ((await world.ask('fetch', { id })).metadata.warnings ?? []).join();
  await until(async () => /damaged/.test(await warnings('Broken.pdf')), 'its reading', patience);
  t.same(await found(world, 'broken'), ['Broken.pdf'], 'found by its name');
  await until(
    async () => /no text: its pages may be images/.test(await warnings('Empty.pdf')),
    'the other',
    patience,
  );
  const unread = world.log.filter(({ notes }) => notes === 1);
  t.match(unread, [{ msg: /could not be read are found by their names only/ }]);
  await world.write('Broken.pdf', writeTextPdf('mended with a pangolin'));
  await until(async () => (await found(world, 'pangolin')).length > 0, 'the change', patience);
  t.equal(await warnings('Broken.pdf'), '');
});

t.test('a long PDF is given in parts, as a note is', { timeout: 120_000 }, async (t) => {
  const line = 'A line of text that is as long as a page of this size can be wide';
  const page = showLines(...Array.from({ length: 45 }, () => line));
  const world = await startConnectedWorld(t, {
    'Long.pdf': writePages(
      Array.from({ length: 500 }, () => page),
      helvetica,
    ),
  });
  await until(async () => (await found(world, 'wide')).length > 0, 'its text', patience);
  const parts = [await world.ask('fetch', { id: 'Long.pdf' })];
  t.match(parts[0].metadata.next, /^Long\.pdf\?/);
  for (let next = parts[0].metadata.next; next !== undefined; next = parts.at(-1).metadata.next) {
    parts.push(await world.ask('fetch', { id: next }));
  }
  const text = parts.map((part) => part.text).join('');
  t.equal(
    text,
    Array.from({ length: 500 }, (_, index) => `[page ${index + 1}]\n${Array(45).fill(line).join('\n')}`).join(
      '\n\n',
    ),
  );
});

t.test('a PDF that takes too much says so, and everything else goes on', { timeout: 120_000 }, async (t) => {
  const page = '/Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>';
  const bomb = writePdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [4 0 R] /Count 1 >>',
    helvetica,
    `<< ${page} /Contents 5 0 R >>`,
    deflated(Buffer.alloc(150 * 1024 * 1024, '(word) Tj ')),
  ]);
  const world = await startConnectedWorld(t, { 'Bomb.pdf': bomb, 'Whole.pdf': writeTextPdf('a takahe') });
  t.same(await found(world, 'apple'), ['garden.md']);
  await until(async () => (await found(world, 'takahe')).length > 0, 'the other PDF', patience);
  const { metadata } = await world.ask('fetch', { id: 'Bomb.pdf' });
  t.match(metadata.warnings, [/takes too much memory to be read|still being read/]);
  await until(
    async () =>
      /too much memory/.test((await world.ask('fetch', { id: 'Bomb.pdf' })).metadata.warnings.join()),
    'the word of it',
    patience,
  );
  t.same(await found(world, 'bomb'), ['Bomb.pdf']);
});

t.test('every file on the disk is named by scan or by list, in whatever form its name is', async (t) => {
  const world = await startConnectedWorld(t, {
    ['Mac/회의록.canvas'.normalize('NFD')]: canvas,
    ['Mac/보고서.pdf'.normalize('NFD')]: writeTextPdf('a rhea'),
    'Mac/no extension': 'x',
    'Mac/b.base': 'views: []',
    'Deep/er/c.zip': 'PK',
    'Deep/d.MD': 'x',
  });
  const named: string[] = (await world.ask('scan', {})).notes.map(({ id }: { id: string }) => id);
  for (const folder of ['', 'Mac', 'Deep', 'Deep/er', 'projects', '한국어']) {
    const { entries } = await world.ask('list', { folder });
    named.push(
      ...entries
        .filter(({ kind }: { kind: string }) => kind === 'file')
        .map(({ path }: { path: string }) => path),
    );
  }
  t.same(named.sort(), [
    'Deep/d.MD',
    'Deep/er/c.zip',
    'Mac/b.base',
    'Mac/no extension',
    'Mac/보고서.pdf',
    'Mac/회의록.canvas',
    'garden.md',
    'projects/loop.md',
    '한국어/인증.md',
  ]);
  t.match(await world.ask('fetch', { id: 'Mac/회의록.canvas' }), { text: /capybara/ });
  await until(async () => (await found(world, 'rhea')).length > 0, 'the PDF', patience);
  t.match(await world.ask('fetch', { id: 'Mac/보고서.pdf' }), { text: /rhea/ });
});
