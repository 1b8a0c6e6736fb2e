// The writing tools over HTTP: scopes, what they answer, and a vault that may only be read.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import {
  callTool,
  LIST_TOOLS,
  postMcp,
  RESOURCE,
  readJson,
  startReadOnlyWorld,
  startWriterWorld,
  type World,
} from '../../support/loop-api.ts';

const writingTools = [
  'create_note',
  'append_to_note',
  'replace_note',
  'edit_note',
  'move_note',
  'delete_note',
];

// biome-ignore lint/suspicious/noExplicitAny: what a tool answers is what the test is about to find out
async function call({ url }: World, name: string, args: Record<string, unknown>): Promise<any> {
  const { result } = await readJson(await postMcp(url, 'writer', callTool(name, args)));
  if (!result.isError) t.same(JSON.parse(result.content[0].text), result.structuredContent);
  return result.isError ? result : result.structuredContent;
}

t.test(
  'a note is made, changed part by part and deleted, each step taking the revision of the one before',
  async (t) => {
    const world = await startWriterWorld(t);
    const file = (path: string): Promise<string> => readFile(join(world.folder, 'vault', path), 'utf8');
    const text = '---\nstatus: todo # soon\n---\n# Plan\n\n## Steps\n\nnone\n\n## Log\n';
    const made = await call(world, 'create_note', { path: 'projects/Plan', text });
    t.match(made, { id: 'projects/Plan.md', url: 'https://notes.example/notes/projects/Plan.md' });
    t.match(await call(world, 'search', { query: 'plan status:todo' }), { results: [{ id: made.id }] });
    const { id } = made;
    const steps = await call(world, 'edit_note', {
      id,
      revision: made.revision,
      heading: 'Steps',
      text: '1. dig',
    });
    const done = await call(world, 'edit_note', {
      id,
      revision: steps.revision,
      field: 'status',
      value: 'done',
    });
    const log = await call(world, 'append_to_note', {
      id,
      revision: done.revision,
      text: 'dug',
      heading: 'Log',
    });
    t.equal(await file(id), '---\nstatus: done # soon\n---\n# Plan\n\n## Steps\n\n1. dig\n\n## Log\ndug\n');
    const { metadata } = await call(world, 'fetch', { id });
    t.equal(metadata.revision, log.revision, 'the revision that fetch gives');
    const replaced = await call(world, 'replace_note', {
      id,
      revision: log.revision,
      text: '# Plan\n\nOver.',
    });
    t.equal(await file(id), '---\nstatus: done # soon\n---\n# Plan\n\nOver.\n');
    const removed = await call(world, 'delete_note', { id, revision: replaced.revision });
    t.same(removed, { id, trashPath: `.trash/${id}` });
    t.match(await call(world, 'fetch', { id }), { isError: true });
  },
);

t.test('a note and a folder are moved over MCP and REST, and links follow', async (t) => {
  const world = await startWriterWorld(t);
  const made = await call(world, 'create_note', { path: 'Old', text: '# Old' });
  await call(world, 'create_note', { path: 'other', text: 'see [[Old]] and [[Old|x]]' });
  const moved = await call(world, 'move_note', { id: 'Old.md', to: 'Box/New', revision: made.revision });
  const url = 'https://notes.example/notes/Box/New.md';
  t.same(moved, { id: 'Box/New.md', url, revision: made.revision, mended: 1 });
  t.match(await call(world, 'fetch', { id: 'other.md' }), { text: 'see [[New]] and [[New|x]]\n' });
  t.same(await call(world, 'move_note', { id: 'Box', to: 'Chest' }), { id: 'Chest', mended: 0 });
  t.match(await call(world, 'move_note', { id: 'Chest/New.md', to: 'other.md' }), {
    isError: true,
    content: [{ text: /There is already other\.md/ }],
  });
  const headers = { authorization: 'Bearer writer', 'content-type': 'application/json' };
  const post = (id: string, body: object): Promise<Response> =>
    fetch(`${world.url}/api/notes/${id}/move`, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await post('Chest/New.md', { to: 'Chest/Newest.md' });
  t.equal(answer.status, 200);
  t.match(await answer.json(), { id: 'Chest/Newest.md', mended: 1 });
  t.equal((await post('Chest/None.md', { to: 'x' })).status, 404);
  t.equal((await post('Chest/Newest.md', { to: 'other.md' })).status, 409);
  t.equal((await post('Chest/Newest.md', { to: 'x', revision: 'stale' })).status, 409);
  t.equal((await post('Chest/Newest.md', {})).status, 400);
});

t.test('a day’s note is fetched and appended to by its day, over MCP and REST', async (t) => {
  const world = await startWriterWorld(t);
  const id = 'daily:2026-11-26';
  t.match(await call(world, 'fetch', { id }), { isError: true });
  const made = await call(world, 'append_to_note', { id, text: 'over MCP' });
  t.match(made, { id: '2026-11-26.md', url: 'https://notes.example/notes/2026-11-26.md' });
  t.match(await call(world, 'fetch', { id }), { id: '2026-11-26.md', text: 'over MCP\n' });
  const headers = { authorization: 'Bearer writer', 'content-type': 'application/json' };
  const address = `${world.url}/api/notes/${id}`;
  const body = JSON.stringify({ text: 'over REST' });
  t.match(await (await fetch(`${address}/append`, { method: 'POST', headers, body })).json(), {
    id: made.id,
  });
  t.match(await (await fetch(address, { headers })).json(), { text: 'over MCP\n\nover REST\n' });
  t.match(await call(world, 'append_to_note', { id: 'garden.md', text: 'x' }), { id: 'garden.md' });
});

t.test('one part of a note is changed by whatever names it, over MCP and REST', async (t) => {
  const world = await startWriterWorld(t);
  const file = (path: string): Promise<string> => readFile(join(world.folder, 'vault', path), 'utf8');
  const text =
    '---\ntags: [a, {k: v}] # kept\n---\n# Car\n\n## Engine\n\n### Log\n\n- old\n\n## Log\n\nsaid ^id\n';
  const made = await call(world, 'create_note', { path: 'Car', text });
  const { id } = made;
  let { revision } = made;
  const edit = async (part: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const answer = await call(world, 'edit_note', { id, revision, ...part });
    revision = answer.revision ?? revision;
    return answer;
  };
  t.match(await edit({ heading: 'Log', text: 'x' }), {
    content: [{ text: /2 headings.*"Car#Engine#Log", "Car#Log"/ }],
  });
  await edit({ heading: 'Engine#Log', text: '- new', at: 'start' });
  await edit({ block: '^id', text: 'done' });
  await edit({ find: '# Car', replace: '# The car' });
  await edit({ field: 'tags', add: '#b' });
  const before = revision;
  t.match(await edit({ field: 'tags', add: ['a', 'b'] }), {
    revision: before,
    unchanged: /"tags" has that already/,
  });
  t.match(await edit({ field: 'tags', remove: 'z' }), {
    revision: before,
    unchanged: /"tags" has no such item/,
  });
  t.match(await edit({ find: 'done', replace: 'done' }), {
    revision: before,
    unchanged: /nothing was changed/,
  });
  const expected = text
    .replace('{k: v}]', '{k: v}, b]')
    .replace('- old', '- new\n- old')
    .replace('said', 'done')
    .replace('# Car', '# The car');
  t.equal(await file(id), expected);
  const answer = await fetch(`${world.url}/api/notes/${id}`, {
    method: 'PATCH',
    headers: { authorization: 'Bearer writer', 'content-type': 'application/json' },
    body: JSON.stringify({ revision, field: 'tags', remove: ['a', 'b'] }),
  });
  t.equal(answer.status, 200);
  t.equal(await file(id), expected.replace('[a, {k: v}, b]', '[{k: v}]'));
});

t.test('a note is made from a template of the vault, the text below it', async (t) => {
  const world = await startWriterWorld(t);
  const file = (path: string): Promise<string> => readFile(join(world.folder, 'vault', path), 'utf8');
  await mkdir(join(world.folder, 'vault', '.obsidian'), { recursive: true });
  await mkdir(join(world.folder, 'vault', 'Templates'));
  await writeFile(join(world.folder, 'vault', '.obsidian', 'templates.json'), '{"folder":"Templates"}');
  await writeFile(
    join(world.folder, 'vault', 'Templates', 'Meeting.md'),
    '---\nkind: meeting\n---\n# {{title}}\n\n- one\n',
  );
  const template = 'Meeting';
  t.match(await call(world, 'create_note', { path: 'A', template }), { id: 'A.md' });
  t.equal(await file('A.md'), '---\nkind: meeting\n---\n# A\n\n- one\n');
  await call(world, 'create_note', { path: 'B', template, text: 'what was said' });
  t.equal(await file('B.md'), '---\nkind: meeting\n---\n# B\n\n- one\n\nwhat was said\n');
  const refusals: [Record<string, unknown>, RegExp][] = [
    [{ path: 'C', template: 'None' }, /no template "None".*There are "Meeting"\./],
    [{ path: 'C', template, text: '---\na: 1\n---\n' }, /leave its front matter out/],
    [{ path: '../C', template: 'None' }, /path inside the vault/],
    [{ path: 'A', template }, /already A\.md/],
  ];
  for (const [args, text] of refusals) {
    t.match(await call(world, 'create_note', args), { isError: true, content: [{ text }] });
  }
  const answer = await fetch(`${world.url}/api/notes`, {
    method: 'POST',
    headers: { authorization: 'Bearer writer', 'content-type': 'application/json' },
    body: JSON.stringify({ path: 'D', template }),
  });
  t.equal(answer.status, 201);
  t.match(await file('D.md'), /# D/);
});

t.test('what the caller can mend is said in the result', async (t) => {
  const world = await startWriterWorld(t);
  const { metadata } = await call(world, 'fetch', { id: 'garden.md' });
  const { revision } = metadata;
  const id = 'garden.md';
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    [
      'append_to_note',
      { id, revision: 'stale', text: 'x' },
      new RegExp(`revision is now ${revision}\\..*Fetch it again`),
    ],
    ['replace_note', { id, text: 'x' }, /revision/],
    ['append_to_note', { id: 'none.md', revision, text: 'x' }, /no note with this id/],
    ['create_note', { path: 'Garden.md', text: 'x' }, /already garden\.md/],
    ['create_note', { path: '../x.md', text: 'x' }, /path inside the vault/],
    ['edit_note', { id, revision, heading: 'Nowhere', text: 'x' }, /no heading "Nowhere"/],
    [
      'edit_note',
      { id, revision, heading: 'Garden' },
      /^heading needs text\. Give one of: heading with text/,
    ],
    ['edit_note', { id, revision }, /^Give one of: .* This has none\./],
    [
      'edit_note',
      { id, revision, heading: 'Garden', text: 'x', field: 'a', value: 1 },
      /This has heading and field\./,
    ],
    ['edit_note', { id, revision, find: 'a', replace: 'b', at: 'end' }, /^at does not go with find\./],
    ['edit_note', { id, revision, field: 'a', text: 'b' }, /^text does not go with field\./],
    [
      'edit_note',
      { id, revision, field: 'a', value: 1, add: 2 },
      /^field needs only one of value, add, remove\./,
    ],
    ['edit_note', { id, revision, field: 'a' }, /^field needs value, add, remove\./],
    ['edit_note', { id, revision, find: 'zebra', replace: 'b' }, /not in this note\. Fetch/],
    ['edit_note', { id, revision, block: 'none', text: 'b' }, /no block "\^none"/],
    ['edit_note', { id, revision, field: 'a', value: { b: 1 } }, /value/],
  ];
  for (const [name, args, message] of wrong) {
    t.match(
      await call(world, name, args),
      { isError: true, content: [{ text: message }] },
      `${name} ${message}`,
    );
  }
  t.match(await call(world, 'fetch', { id }), { metadata: { revision } }, 'nothing has changed');
});

t.test('a token that may only read gets 403 with the scope that writing needs', async (t) => {
  const world = await startWriterWorld(t);
  for (const name of writingTools) {
    const answer = await postMcp(world.url, 'reader', callTool(name, {}));
    t.equal(answer.status, 403, name);
    t.match(
      answer.headers.get('www-authenticate'),
      /error="insufficient_scope".*scope="vault\.read vault\.write"$/,
    );
  }
  t.equal(
    (await readJson(await postMcp(world.url, 'reader', LIST_TOOLS))).result.tools.length,
    10,
    'listed all the same',
  );
});

t.test('where the vault may only be read, writing tools are not listed, and calls say so', async (t) => {
  const world = await startReadOnlyWorld(t);
  world.auth.addToken('writer', RESOURCE, { scope: 'vault.read' });
  const { result } = await readJson(await postMcp(world.url, 'writer', LIST_TOOLS));
  t.same(
    result.tools.map((tool: { name: string }) => tool.name),
    ['search', 'fetch', 'list', 'scan'],
  );
  for (const name of writingTools) {
    t.match(await call(world, name, {}), { isError: true, content: [{ text: /mounted read-only/ }] });
  }
  const challenge = (await fetch(`${world.url}/mcp`, { method: 'POST' })).headers.get('www-authenticate');
  t.match(challenge, /scope="vault\.read"$/, 'nobody is asked to allow writing');
  for (const form of ['', '/mcp', '/sse']) {
    const metadata = await fetch(`${world.url}/.well-known/oauth-protected-resource${form}`);
    t.same((await readJson(metadata)).scopes_supported, ['vault.read'], `nor by the metadata${form}`);
  }
});
