// A vault of which one half is hidden, asked in every way there is: tools, REST, resources, the citation page, metrics, log.
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import t, { type Test } from 'tap';
import { restOperations } from '../../../api/rest/operations.ts';
import { RESOURCE, startWorld, type World, waitForIndex } from '../../support/loop-api.ts';

/** Every name and every text of the hidden half has this in it. */
const mark = /zebra/i;
const words = 'The path is not open to clients. Choose another one.';

const hiddenHalf = {
  'Zebra/Diary.md': '---\ntags: [zebratag]\nzebrafield: 1\n---\n# Zebra\n\nstripes of a zebra [[garden]]',
  'Zebra/Deep/More zebra.md': 'stripes zebra [[garden]]',
  'Zebra/zebra.png': 'zebra',
  'projects/zebra.draft.md': 'stripes zebra [[garden]]',
  'Only/zebra one.md': 'stripes zebra',
};

async function startHalf(t: Test, API_HIDDEN: string, filters: string[]): Promise<World> {
  const world = await startWorld(t, { API_HIDDEN });
  world.auth.addToken('writer', RESOURCE, { scope: 'vault.read vault.write' });
  const files = {
    ...hiddenHalf,
    '.obsidian/app.json': JSON.stringify({ userIgnoreFilters: filters }),
    'shown.md': 'stripes, see [[Diary]]',
  };
  // Not seen half written: moved into the vault, the settings first.
  const entries = Object.entries(files).sort(
    ([a], [b]) => Number(b.startsWith('.')) - Number(a.startsWith('.')),
  );
  for (const [path, text] of entries) {
    const [from, to] = [join(world.folder, 'aside'), join(world.folder, 'vault', path)];
    await writeFile(from, text);
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
  }
  await waitForIndex(world);
  return world;
}

/** All that was answered, as text. */
async function askEverything({ url, readMetrics }: World): Promise<Record<string, string>> {
  const client = new Client({ name: 'walker', version: '1' });
  const requestInit = { headers: { authorization: 'Bearer writer' } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
  const said: Record<string, string> = {};
  const revision = 'x'.repeat(22);
  const ids = Object.keys(hiddenHalf).filter((path) => path.endsWith('.md'));
  const calls: [string, Record<string, unknown>][] = [
    ...['stripes', 'garden', 'tag:z*', 'path:z', 'apple'].map(
      (query) => ['search', { query }] as [string, object],
    ),
    ...['', 'projects', 'Only', 'Z'].map((folder) => ['list', { folder }] as [string, object]),
    ['scan', {}],
    ['scan', { folder: 'projects' }],
    ['fetch', { id: 'garden.md' }],
    ['fetch', { id: 'shown.md' }],
  ] as [string, Record<string, unknown>][];
  for (const [name, args] of calls) {
    said[`${name} ${JSON.stringify(args)}`] = JSON.stringify(
      await client.callTool({ name, arguments: args }),
    );
  }
  said['resources'] = JSON.stringify(await client.listResources());
  said['garden'] = JSON.stringify(await client.readResource({ uri: 'vault:///garden.md' }));
  const headers = { authorization: 'Bearer writer', 'content-type': 'application/json' };
  for (const path of ['search?query=stripes', 'list', 'list?folder=Only', 'scan', 'notes/garden.md']) {
    said[`GET ${path}`] = await (await fetch(`${url}/api/${path}`, { headers })).text();
  }
  // What is answered to a hidden id may hold the id that was asked for, and nothing else of it.
  for (const id of ids) {
    const about: [string, Record<string, unknown>][] = [
      ['fetch', { id }],
      ['replace_note', { id, revision, text: 'x' }],
      ['edit_note', { id, revision, field: 'a', value: 'b' }],
      ['delete_note', { id, revision }],
      ['append_to_note', { id, revision, text: 'x' }],
      ['create_note', { path: id, text: 'x' }],
    ];
    for (const [name, args] of about)
      said[`${name} ${id}`] = JSON.stringify(await client.callTool({ name, arguments: args }));
    await client.readResource({ uri: `vault:///${encodeURI(id)}` }).then(
      () => assertNever(),
      (error: Error) => {
        said[`resource ${id}`] = error.message.replaceAll(encodeURI(id), '').replaceAll(id, '');
      },
    );
    for (const { method, path, tool } of restOperations.filter((operation) =>
      operation.path.includes('{id}'),
    )) {
      const sent = tool === 'edit_note' ? { revision, field: 'a', value: 'b' } : { revision, text: 'x' };
      const isRead = method === 'GET' || method === 'DELETE';
      const query = method === 'DELETE' ? `?revision=${revision}` : '';
      const answer = await fetch(`${url}${path.replace('{id}', encodeURI(id))}${query}`, {
        method,
        headers,
        ...(isRead ? {} : { body: JSON.stringify(sent) }),
      });
      said[`${method} ${path} ${id}`] =
        `${answer.status} ${(await answer.text()).replaceAll(encodeURI(id), '')}`;
    }
    // Neither says whether there is a note.
    const pageOf = async (path: string): Promise<string> =>
      (await (await fetch(`${url}/notes/${encodeURI(path)}`)).text())
        .replaceAll(path, '')
        .replaceAll(encodeURI(path), '')
        .replaceAll(encodeURIComponent(path), '');
    const [there, absent] = [await pageOf(id), await pageOf(`${id.slice(0, -3)} absent.md`)];
    said[`page ${id}`] = there === absent ? '' : `zebra: the page tells ${there}`;
  }
  said['metrics'] = await readMetrics();
  await client.close();
  return said;
}

function assertNever(): never {
  throw new Error('a hidden resource was read');
}

const ways: [string, string, string[]][] = [
  ['by the setting', 'Zebra,**/*.draft.md,Only/zebra*', []],
  ['by Obsidian’s excluded files', '', ['Zebra/', '/\\.draft\\.md$/', '/^Only\\/.*one/']],
  ['by both', 'Zebra/**', ['projects/zebra', 'only']],
];

for (const [name, setting, filters] of ways) {
  t.test(`no tool, operation, resource or page has a trace of what is hidden ${name}`, async (t) => {
    const world = await startHalf(t, setting, filters);
    // The look that follows what was written.
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await fetch(`${world.url}/api/search?query=stripes`, {
        headers: { authorization: 'Bearer writer' },
      });
      if ((await answer.text()).includes('shown.md')) break;
      await setTimeout(20);
    }
    const said = await askEverything(world);
    for (const [what, answer] of Object.entries(said)) {
      t.notMatch(answer, mark, what);
    }
    for (const id of Object.keys(hiddenHalf).filter((path) => path.endsWith('.md'))) {
      t.match(said[`create_note ${id}`], words, `creating ${id}`);
      t.match(said[`append_to_note ${id}`], words, `appending to ${id}`);
      t.match(said[`fetch ${id}`], 'There is no note with this id', id);
      t.match(said[`GET /api/notes/{id} ${id}`], /^404 /, id);
    }
    t.match(said['list {"folder":""}'], 'shown.md', 'the other half is there');
    const top = JSON.parse(said['GET list'] ?? '').entries.map(({ path }: { path: string }) => path);
    t.notOk(top.includes('Zebra'), 'the folder');
    t.notOk(top.includes('Only'), 'a folder of which all is hidden');
    t.same(
      await readdir(join(world.folder, 'vault', 'Zebra')),
      ['Deep', 'Diary.md', 'zebra.png'],
      'nothing was made',
    );
    t.notMatch(JSON.stringify(world.log), mark, 'the log');
  });
}

t.test('warnings about names and settings give their number alone', async (t) => {
  const world = await startWorld(t);
  const vault = join(world.folder, 'vault');
  await mkdir(join(vault, '.obsidian'));
  await writeFile(join(vault, '.obsidian/app.json'), '{"userIgnoreFilters":["/zebra(/"]}');
  await mkdir(join(vault, '회의록 zebra'.normalize('NFD')));
  await mkdir(join(vault, '회의록 zebra'.normalize('NFC')));
  await writeFile(join(vault, 'zebra.sync-conflict-20261120-101010-ABCDEFG.md'), 'x');
  const has = (field: string, count: number): boolean =>
    world.log.some((line) => line[field] === count && line['level'] === 40);
  for (let tries = 0; tries < 500 && !(has('names', 1) && has('faults', 1) && has('notes', 1)); tries += 1) {
    await setTimeout(20);
  }
  t.ok(has('names', 1), 'a name in two forms');
  t.ok(has('notes', 1), 'a conflict copy');
  t.ok(has('faults', 1), 'a filter that is none');
  t.notMatch(JSON.stringify(world.log), mark);
});
