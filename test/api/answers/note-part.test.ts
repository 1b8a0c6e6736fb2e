// api/answers/note-part.ts, over each way to a note: no answer beyond its bound, and what is cut says how to read on.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { largestAnswer, largestAnswerBytes } from '../../../api/answers/size.ts';
import { createTools } from '../../../api/tools/tools.ts';
import { openVault } from '../../../api/vault/vault.ts';
import { openEventStream } from '../../support/event-stream.ts';
import { writeLargeNotes } from '../../support/large-notes.ts';
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
import { connectBoth } from '../../support/mcp-clients.ts';
import { createRandom, type Random } from '../../support/random.ts';
import { cause } from '../../support/writer.ts';

interface NoteWorld extends World {
  directory: string;
  write(path: string, text: string): Promise<void>;
}

async function startNoteWorld(t: Test, notes: Record<string, string> = {}): Promise<NoteWorld> {
  const directory = join(await makeVault(t), 'vault');
  for (const [path, text] of Object.entries(notes)) await writeFile(join(directory, path), text);
  const world = await startWorld(t, { API_VAULT_DIR: directory });
  world.auth.addToken('good', RESOURCE, { scope: 'vault.read vault.write' });
  const write = async (path: string, text: string): Promise<void> => {
    const file = join(directory, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, text);
  };
  return { ...world, directory, write };
}

interface Entry {
  heading: string;
  level: number;
  characters: number;
  id: string;
}

interface Fetched {
  id: string;
  text: string;
  metadata: {
    next?: string;
    warnings?: string[];
    outline?: Entry[];
    links?: string[];
    backlinks?: string[];
    frontMatter?: Record<string, unknown>;
  };
}

interface Answer {
  /** What is bounded. */
  result: unknown;
  bytes: number;
  text: string;
  next: string | undefined;
}

const answerOf = (body: string, result: unknown, note: Fetched): Answer => ({
  result,
  bytes: Buffer.byteLength(body),
  text: note.text,
  next: note.metadata.next,
});

async function readTool(answer: Response): Promise<Answer> {
  const body = await answer.text();
  const { structuredContent, content } = JSON.parse(body).result;
  t.same(
    content,
    [{ type: 'text', text: JSON.stringify(structuredContent) }],
    'once more as text, and no third time',
  );
  return answerOf(body, structuredContent, structuredContent);
}

/** What comes back for a note, by each way there is; `next` is what is to be asked for in the same way. */
const ways: Record<string, (t: Test, world: World, id: string) => Promise<Answer>> = {
  'fetch, older revision': async (_t, { url }, id) =>
    readTool(await postMcp(url, 'good', callTool('fetch', { id }))),
  'fetch, newest revision': async (_t, { url }, id) =>
    readTool(await postModern(url, 'good', 'tools/call', { name: 'fetch', arguments: { id } })),
  'resources/read': async (_t, { url }, id) => {
    const uri = id.startsWith('vault:') ? id : `vault:///${encodeURIComponent(id)}`;
    const body = await (await postModern(url, 'good', 'resources/read', { uri })).text();
    const { result } = JSON.parse(body);
    const { text, _meta } = result.contents[0];
    return answerOf(body, result, { id, text, metadata: { next: _meta['loop/next'] } });
  },
  REST: async (_t, { url }, id) => {
    const answer = await fetch(`${url}/api/notes/${encodeURIComponent(id)}`, {
      headers: { authorization: 'Bearer good' },
    });
    const body = await answer.text();
    return answerOf(body, JSON.parse(body), JSON.parse(body));
  },
  'REST, with next behind the address as it is': async (_t, { url }, id) => {
    const answer = await fetch(`${url}/api/notes/${id}`, { headers: { authorization: 'Bearer good' } });
    const body = await answer.text();
    return answerOf(body, JSON.parse(body), JSON.parse(body));
  },
  SSE: async (t, { url }, id) => {
    const stream = await openEventStream(t, url, 'good');
    await stream.post(callTool('fetch', { id }));
    const message = await stream.message();
    stream.abort();
    const { structuredContent } = message.result;
    return answerOf(JSON.stringify(message), structuredContent, structuredContent);
  },
};

const sample = Array.from(
  { length: 3_000 },
  (_, line) => `${line} "가나다" \\ 재인증서버 plain words\t😀\r\n`,
).join('');

const parts: Record<string, string[]> = {};

for (const [way, read] of Object.entries(ways)) {
  t.test(
    `each answer keeps to its bound, and what follows is all of the note, nothing twice: ${way}`,
    async (t) => {
      const world = await startNoteWorld(t);
      await world.write('sample.md', sample);
      const texts: string[] = [];
      let next: string | undefined = 'sample.md';
      while (next !== undefined && texts.length < 20) {
        const answer = await read(t, world, next);
        const { length } = JSON.stringify(answer.result);
        t.ok(length <= largestAnswer, `${length} characters`);
        t.ok(answer.bytes <= largestAnswerBytes, `${answer.bytes} bytes`);
        texts.push(answer.text);
        next = answer.next;
      }
      t.ok(texts.join('') === sample);
      parts[way] = texts;
      t.ok(texts.length < 5, `${texts.length} parts`);
      t.ok(
        texts.every((text) => text.endsWith('\n')),
        'no line is cut in two',
      );
    },
  );
}

t.test('the parts are the same by each way', (t) => {
  const all = Object.values(parts).map((texts) => texts.map(({ length }) => length).join());
  t.equal(new Set(all).size, 1, all.join(' '));
  t.end();
});

t.test('notes of 5 MB of what takes most room are cut like any other', async (t) => {
  const world = await startNoteWorld(t);
  const ids = await writeLargeNotes(world.directory);
  // The third is one of words, which a busy machine may need more than its second for.
  for (const id of ids.slice(0, 2)) {
    for (const read of Object.values(ways)) {
      const answer = await read(t, world, id);
      const { length } = JSON.stringify(answer.result);
      t.ok(length <= largestAnswer && length > largestAnswer * 0.7, `${id}: ${length} characters`);
      t.ok(answer.bytes <= largestAnswerBytes, `${id}: ${answer.bytes} bytes`);
      t.match(answer.next, /from(=|%3D)\d+$/);
    }
  }
});

const many = Array.from(
  { length: 4_000 },
  (_, number) => `## Section ${number}\n\n${'words '.repeat(15)}\n\n`,
);

t.test('a model finds its way through a note of 4,000 sections by what the answers say', async (t) => {
  const { url, write, ...world } = await startNoteWorld(t);
  await write('Huge.md', `# Huge\n\nAbout pelicans.\n\n${many.join('')}`);
  await waitForIndex({ url, ...world });
  for (const client of await connectBoth(t, url)) {
    const call = async (name: string, args: Record<string, unknown>) =>
      // biome-ignore lint/suspicious/noExplicitAny: what a tool answers is what the test is about to find out
      (await client.callTool({ name, arguments: args })).structuredContent as any;
    const [{ id }] = (await call('search', { query: 'pelicans' })).results;
    const note: Fetched = await call('fetch', { id });
    t.match(note.metadata.warnings, [
      /^The outline has \d+ of 4001 headings; fetch the id with # and a heading/,
      /^Only characters 0 to \d+ of \d+ are shown here; fetch the id in metadata\.next for what follows/,
    ]);
    const outline = note.metadata.outline ?? [];
    t.match(outline[0], { heading: 'Huge', level: 1, id: 'Huge.md#Huge' });
    t.equal(outline[0]?.characters, many.join('').length + '# Huge\n\nAbout pelicans.\n\n'.length);
    const section: Fetched = await call('fetch', { id: 'Huge.md#Section 3999' });
    t.equal(section.text, many[3_999]);
    t.equal(section.metadata.next, undefined);
    const following: Fetched = await call('fetch', { id: note.metadata.next });
    t.ok(following.text.startsWith('## Section') || following.text.startsWith('words'));
  }
});

t.test('a section longer than an answer is cut and goes on to its own end', async (t) => {
  const { url, write } = await startNoteWorld(t);
  const sub = Array.from({ length: 200 }, (_, number) => `### Sub ${number}\n${'x'.repeat(300)}\n`).join('');
  await write('long.md', `# Top\nlead\n## Long\n${sub}## After\nend\n`);
  const call = async (id: string): Promise<Fetched> =>
    (await readJson(await postMcp(url, 'good', callTool('fetch', { id })))).result.structuredContent;
  const first = await call('long.md#Long');
  t.match(first.metadata.outline?.map(({ heading }) => heading).slice(0, 2), ['Long', 'Sub 0']);
  t.match(first.metadata.next, /^long\.md\?from=\d+&to=\d+$/);
  const second = await call(first.metadata.next ?? '');
  t.equal(first.text + second.text, `## Long\n${sub}`);
  t.equal(second.metadata.next, undefined);
});

t.test('whatever is long about a note is cut and counted, and its text is there', async (t) => {
  const names = Array.from({ length: 2_000 }, (_, number) => `a longer name of a note ${number}`);
  const world = await startNoteWorld(t, {
    ...Object.fromEntries(names.map((name) => [`${name}.md`, '[[hub]]'])),
    'hub.md': `---\nsummary: ${'한'.repeat(40_000)}\nstatus: done\n---\nThe text.\n`,
    'out.md': names.map((name) => `[[${name}]]`).join('\n'),
  });
  await waitForIndex(world);
  const call = async (id: string): Promise<Fetched> =>
    (await readJson(await postMcp(world.url, 'good', callTool('fetch', { id })))).result.structuredContent;
  const hub = await call('hub.md');
  t.ok(JSON.stringify(hub).length <= largestAnswer);
  t.equal(hub.text, 'The text.\n');
  t.match(hub.metadata.warnings, [
    'The front matter is too long to be shown whole: cut or left out are "summary".',
    `Only the first ${hub.metadata.backlinks?.length} of 2000 backlinks are named.`,
  ]);
  t.equal(hub.metadata.frontMatter?.['status'], 'done');
  t.match(hub.metadata.frontMatter?.['summary'], /^한{5000,}…$/);
  const out = await call('out.md');
  t.ok(JSON.stringify(out).length <= largestAnswer);
  t.match(out.metadata.warnings?.[0], /^Only the first \d+ of 2000 links are named\.$/);
});

t.test('a heading or block that is not there is answered with those that are', async (t) => {
  const { url, write } = await startNoteWorld(t);
  await write('plan.md', '# Plan\n\ntext ^one\n\n## Garden shed\n## Other\n- item ^two\n  - below\n- next\n');
  await write('Huge.md', many.join(''));
  await write('bare.md', 'text');
  const call = async (id: string) =>
    (await readJson(await postMcp(url, 'good', callTool('fetch', { id })))).result;
  const told = async (id: string): Promise<string> => (await call(id)).content[0].text;
  t.equal(
    await told('plan.md#Shed of the garden'),
    'There is no heading "Shed of the garden" in this note. It has "Garden shed", "Plan", "Other".',
  );
  t.equal(await told('plan.md#^three'), 'There is no block "^three" in this note. It has "^one", "^two".');
  t.equal(await told('bare.md#x'), 'There is no heading "x" in this note. It has no headings.');
  const bounded = await told('Huge.md#nothing like it');
  t.match(bounded, /and 3980 more\.$/);
  t.ok(bounded.length < 5_000);
  t.equal((await call('plan.md#^one')).structuredContent.text, 'text ^one\n');
  t.equal((await call('plan.md#^two')).structuredContent.text, '- item ^two\n  - below\n');
  const rest = await fetch(`${url}/api/notes/plan.md%23nowhere`, {
    headers: { authorization: 'Bearer good' },
  });
  t.match(await rest.json(), { status: 404, error: 'not_found', detail: /It has "Plan"/ });
  const read = await postModern(url, 'good', 'resources/read', { uri: 'vault:///plan.md%23nowhere' });
  t.match(await read.json(), { error: { code: -32_602, message: /It has "Plan"/ } });
});

t.test('a part beyond the end is refused, and a name that only looks like a part is a note', async (t) => {
  const { url, write } = await startNoteWorld(t);
  await write('a.md', 'four');
  await write('a.md?from=2.md', 'another');
  const fetchText = async (id: string): Promise<string> =>
    (await postMcp(url, 'good', callTool('fetch', { id }))).text();
  t.match(await fetchText('a.md?from=2'), '"text":"ur"');
  t.match(await fetchText('a.md?from=1&to=3'), '"text":"ou"');
  t.match(await fetchText('a.md?from=5'), 'The note has 4 characters: none from 5 on.');
  t.match(await fetchText('a.md?from=3&to=2'), 'none from 3 on');
  t.match(await fetchText('a.md?from=2.md'), '"text":"another"');
  const read = await postModern(url, 'good', 'resources/read', { uri: 'vault:///a.md?from=5' });
  t.match(await read.json(), { error: { code: -32_602, message: /none from 5 on/ } });
});

const words = [
  'plain',
  '가나다',
  '"',
  '\\',
  '\u0001',
  '😀',
  '[[x]]',
  '#tag',
  '`code` ',
  '---',
  '===',
  '- ',
  '> ',
  '\t',
];
const titles = [
  'One',
  'Two',
  'C#',
  'C',
  '가',
  'A|B',
  '[[x]]',
  '?',
  'a?from=2',
  'One#Two',
  '^b',
  '',
  '**Bold**',
  '%20',
];

function makeNote({ below, pick }: Random): string {
  const parts: string[] = [];
  for (let size = 0; size < 70_000 + below(60_000); ) {
    const line =
      below(6) === 0 ? `${'#'.repeat(1 + below(6))} ${pick(titles)}` : pick(words).repeat(1 + below(300));
    const part = line + pick(['\n', '\r\n', '\n\n', ' ']);
    parts.push(part);
    size += part.length;
  }
  // A note that has no front matter.
  return `x${parts.join('')}`;
}

t.test(
  'any note, read by next from its first answer, is all there once, and each id of an outline begins with its heading',
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'note-part-'));
    const seeds = Array.from({ length: 12 }, (_, seed) => seed);
    const notes = seeds.map((seed) => makeNote(createRandom(seed)));
    await Promise.all(notes.map((note, seed) => writeFile(join(directory, `한 ${seed}.md`), note)));
    const vault = await openVault({ directory, indexPath: ':memory:' });
    t.teardown(async () => {
      await vault.close();
      await rm(directory, { recursive: true });
    });
    const tool = createTools(vault, (id) => `https://notes.example/${encodeURIComponent(id)}`)[1];
    const call = async (id: string): Promise<Fetched> =>
      (await tool?.run({ id }, cause)) as unknown as Fetched;
    for (const [seed, note] of notes.entries()) {
      let text = '';
      let next: string | undefined = `한 ${seed}.md`;
      let outline: Entry[] = [];
      while (next !== undefined && text.length <= note.length) {
        const part = await call(next);
        if (JSON.stringify(part).length > largestAnswer) t.fail(`seed ${seed}: ${next}`);
        text += part.text;
        outline = outline.length > 0 ? outline : (part.metadata.outline ?? []);
        next = part.metadata.next;
      }
      t.ok(text === note, `seed ${seed}: the text`);
      t.ok(outline.length > 3, `seed ${seed}: an outline`);
      for (const { id, heading, characters } of outline) {
        const part = await call(id);
        const [line = ''] = part.text.split('\n', 1);
        const isThere = line.includes(heading.replace(/…$/, '')) && note.includes(part.text);
        if (!isThere || (part.metadata.next === undefined && part.text.length !== characters)) {
          t.fail(
            `seed ${seed}: ${JSON.stringify(id)} of ${JSON.stringify(heading.slice(0, 99))} gave ${JSON.stringify(line.slice(0, 99))}, ${part.text.length} for ${characters}`,
          );
        }
      }
    }
  },
);
