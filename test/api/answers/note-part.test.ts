// api/answers/note-part.ts, over each way to a note: no answer beyond the budget, and what is cut says how to read on.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { countTextBytes, largestAnswer, largestText } from '../../../api/answers/size.ts';
import { openEventStream } from '../../support/event-stream.ts';
import { largeNotes, writeLargeNotes } from '../../support/large-notes.ts';
import { callTool, postMcp, postModern, RESOURCE, startWorld, type World } from '../../support/loop-api.ts';

interface LargeWorld extends World {
  ids: string[];
  write(path: string, text: string): Promise<void>;
}

async function startLargeWorld(t: Test): Promise<LargeWorld> {
  const world = await startWorld(t);
  world.auth.addToken('good', RESOURCE, { scope: 'vault.read vault.write' });
  const vault = join(world.folder, 'vault');
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(join(vault, path, '..'), { recursive: true });
    await writeFile(join(vault, path), text);
  };
  return { ...world, ids: await writeLargeNotes(vault), write };
}

/** What comes back on the wire for a note, by each way there is. */
const ways: Record<string, (t: Test, world: World, id: string) => Promise<string>> = {
  'fetch, older revision': async (_t, { url }, id) =>
    (await postMcp(url, 'good', callTool('fetch', { id }))).text(),
  'fetch, newest revision': async (_t, { url }, id) =>
    (await postModern(url, 'good', 'tools/call', { name: 'fetch', arguments: { id } })).text(),
  'resources/read': async (_t, { url }, id) =>
    (await postModern(url, 'good', 'resources/read', { uri: `vault:///${encodeURIComponent(id)}` })).text(),
  REST: async (_t, { url }, id) =>
    (
      await fetch(`${url}/api/notes/${encodeURIComponent(id)}`, { headers: { authorization: 'Bearer good' } })
    ).text(),
  SSE: async (t, { url }, id) => {
    const stream = await openEventStream(t, url, 'good');
    await stream.post(callTool('fetch', { id }));
    return JSON.stringify(await stream.message());
  },
};

for (const [way, read] of Object.entries(ways)) {
  t.test(`a note of 5 MB is cut to the budget and says how to read on: ${way}`, async (t) => {
    const world = await startLargeWorld(t);
    for (const id of world.ids) {
      const body = await read(t, world, id);
      t.ok(Buffer.byteLength(body) <= largestAnswer + 2_048, `${id}: ${Buffer.byteLength(body)} bytes`);
      t.ok(Buffer.byteLength(body) > largestAnswer - 131_072, 'and no less than it may be');
      const place = /Only characters 0 to (\d+) of (\d+) are shown here; fetch \\"(.+?)\\" for/.exec(body);
      t.same(place?.[3], `${id}?from=${place?.[1]}`);
      t.match(body, /replace_note would lose/);
    }
  });
}

t.test('what follows, read part by part, is all of the note and nothing twice', async (t) => {
  const { url, ids } = await startLargeWorld(t);
  for (const id of ids) {
    let text = '';
    let next: string | undefined = id;
    while (next !== undefined) {
      const answer = await postMcp(url, 'good', callTool('fetch', { id: next }));
      const { result } = (await answer.json()) as { result: Fetched };
      const { structuredContent: note } = result;
      text += note.text;
      if (next !== id) {
        t.equal(result.content[0]?.text, JSON.stringify(note), 'a part is given as text too');
        t.same(
          Object.keys(note.metadata).sort(),
          ['next', 'path', 'revision', 'warnings'].slice(note.metadata.next ? 0 : 1),
        );
      }
      next = note.metadata.next;
    }
    t.ok(Buffer.from(text).equals(largeNotes[id.replace('.md', '') as keyof typeof largeNotes]), id);
  }
});

interface Fetched {
  content: Array<{ text: string }>;
  structuredContent: { id: string; text: string; metadata: { next?: string; warnings?: string[] } };
}

t.test('an answer above 256 KB is not given a second time as text', async (t) => {
  const { url, write } = await startLargeWorld(t);
  await write('small.md', 'x'.repeat(largestText - 2_000));
  await write('large.md', 'x'.repeat(largestText + 1));
  const fetched = async (id: string): Promise<Fetched> => {
    const answer = await postMcp(url, 'good', callTool('fetch', { id }));
    return ((await answer.json()) as { result: Fetched }).result;
  };
  const small = await fetched('small.md');
  t.equal(small.content[0]?.text, JSON.stringify(small.structuredContent));
  const large = await fetched('large.md');
  t.equal(large.structuredContent.text.length, largestText + 1, 'whole');
  t.ok((large.content[0]?.text.length ?? 0) < 400);
  const id = /fetch "(.+?)"/.exec(large.content[0]?.text ?? '')?.[1] ?? '';
  const part = await fetched(id);
  t.equal(
    part.content[0]?.text,
    JSON.stringify(part.structuredContent),
    'a client that reads only text has a way',
  );
  t.ok(countTextBytes(part.structuredContent.text) > 190_000);
});

t.test('a note that one call can write is one that one call can read', async (t) => {
  const { url } = await startLargeWorld(t);
  const text = `${'"\u0001한'.repeat(90_000)}\n`;
  const written = await postMcp(url, 'good', callTool('create_note', { path: 'full.md', text }));
  t.match(await written.json(), { result: { structuredContent: { id: 'full.md' } } });
  const { result } = (await (await postMcp(url, 'good', callTool('fetch', { id: 'full.md' }))).json()) as {
    result: Fetched;
  };
  t.equal(result.structuredContent.text, text);
  t.equal(result.structuredContent.metadata.warnings, undefined);
});

t.test('links, tags and front matter beyond reason are cut, and that is said', async (t) => {
  const { url, write } = await startLargeWorld(t);
  const targets = Array.from(
    { length: 1_500 },
    (_, index) => `some/folder/with/a/longer/name/Target ${index}`,
  );
  await Promise.all(targets.map((target) => write(`${target}.md`, 'x')));
  while (((await (await fetch(`${url}/readyz`)).json()) as { indexing: boolean }).indexing);
  const links = targets.map((target) => `[[${target}]]`).join(' ');
  const field = `one: &one ${'한'.repeat(20_000)}\nmany: [${'*one, '.repeat(10)}*one]`;
  await write('hub.md', `---\n${field}\n---\n${links}\n`);
  const answer = await postMcp(url, 'good', callTool('fetch', { id: 'hub.md' }));
  const { result } = (await answer.json()) as { result: Fetched };
  const { text, metadata } = result.structuredContent;
  t.equal(text, `${links}\n`);
  t.match(metadata.warnings, [
    'The front matter is too large to be shown.',
    /^Only 1\d{3} of 1500 links are named\.$/,
  ]);
});

t.test('a part beyond the end is refused, and a name that only looks like a part is a note', async (t) => {
  const { url, write } = await startLargeWorld(t);
  await write('a.md', 'four');
  await write('a.md?from=2.md', 'another');
  const fetchText = async (id: string): Promise<string> =>
    (await postMcp(url, 'good', callTool('fetch', { id }))).text();
  t.match(await fetchText('a.md?from=2'), '"text":"ur"');
  t.match(await fetchText('a.md?from=5'), 'The note has 4 characters: none from 5 on.');
  t.match(await fetchText('a.md?from=2.md'), '"text":"another"');
  const read = await postModern(url, 'good', 'resources/read', { uri: 'vault:///a.md?from=5' });
  t.match(await read.json(), { error: { code: -32_602, message: /none from 5 on/ } });
});
