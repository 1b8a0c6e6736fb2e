// What a token that reaches one half of a vault may change, and that each call has the reach of its own token.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { restOperations } from '../../../api/rest/operations.ts';
import { narrowTo } from '../../support/authorization-server.ts';
import { openEventStream } from '../../support/event-stream.ts';
import {
  ask,
  askRest,
  beyond,
  type Call,
  connect,
  mark,
  reached,
  startHalf,
  withoutAsked,
} from '../../support/halves.ts';
import { callTool, postMcp, RESOURCE, readJson } from '../../support/loop-api.ts';

const closed = 'The path is not open to clients. Choose another one.';
const revision = 'x'.repeat(22);
const otherIds = Object.keys(beyond).filter((path) => path.endsWith('.md') && !path.includes('Many'));

t.test(
  'what is written within the folders is written, and nothing beyond them is made or changed',
  async (t) => {
    const whole = await connect(t, await startHalf(t, { ...reached, ...beyond }), 'narrow');
    const half = await connect(t, await startHalf(t, reached), 'all');
    const compare = async (call: Call): Promise<Record<string, unknown>> => {
      const [one = '', other] = await Promise.all([whole, half].map((caller) => ask(caller, call)));
      t.equal(one, other, JSON.stringify(call).slice(0, 100));
      t.notMatch(one, mark);
      return JSON.parse(one).structuredContent ?? {};
    };
    const made = await compare(['create_note', { path: 'Open/New', text: '# New\n\nplum [[Meeting]]' }]);
    const found = await ask(whole, ['search', { query: 'plum' }]);
    t.match(found, 'Open/New.md', 'it is found at once');
    const appended = await compare(['append_to_note', { id: 'Open/New.md', text: 'more' }]);
    t.not(made['revision'], appended['revision']);
    await compare(['append_to_note', { id: 'daily:2026-11-27', text: 'a new day' }]);
    t.equal(
      await readFile(join(whole.world.folder, 'Daily/2026/2026-11-27.md'), 'utf8'),
      await readFile(join(half.world.folder, 'Daily/2026/2026-11-27.md'), 'utf8'),
      'no template of what is beyond',
    );
    const edited = await compare([
      'edit_note',
      { id: 'Open/New.md', revision: appended['revision'], field: 'a', value: 'b' },
    ]);
    const replaced = await compare([
      'replace_note',
      { id: 'Open/New.md', revision: edited['revision'], text: 'pear' },
    ]);
    await compare(['delete_note', { id: 'Open/New.md', revision: replaced['revision'] }]);
    await compare(['create_note', { path: 'Open/Plan', text: 'x' }]);
    for (const id of ['Plan', 'Twin', 'Meeting', 'Zebra diary', 'First', 'Open/Nothing.md']) {
      await compare(['replace_note', { id, revision, text: 'x' }]);
      await compare(['delete_note', { id, revision }]);
      await compare(['edit_note', { id, revision, field: 'a', value: 'b' }]);
    }
    // A name that a note within the folders has too, and a path of one in another case.
    const meant = /^(Twin|Plan|Alpha|Open|open\/Alpha)(\.md)?$/;
    const missing = await ask(whole, ['replace_note', { id: 'Zebra/No such.md', revision, text: 'x' }]);
    for (const id of [...otherIds, 'Zebra/No such.md', 'No such.md', 'Open']) {
      const about: Call[] = [
        ['create_note', { path: id, text: 'x' }],
        ['append_to_note', { id, text: 'x' }],
        ['append_to_note', { id, revision, text: 'x' }],
      ];
      for (const call of about) t.match(await ask(whole, call), closed, `${call[0]} ${id}`);
      const changes: Call[] = [
        ['replace_note', { id, revision, text: 'x' }],
        ['edit_note', { id, revision, field: 'a', value: 'b' }],
        ['edit_note', { id, revision, heading: 'Zebra heading', text: 'x' }],
        ['delete_note', { id, revision }],
      ];
      for (const call of changes) {
        const said = await ask(whole, call);
        t.notMatch(withoutAsked(said, [id]), mark, `${call[0]} ${id}`);
        if (id.includes('/') && !meant.test(id))
          t.equal(said, missing, `${call[0]} ${id}: as if nothing were there`);
      }
      for (const { method, path } of restOperations.filter(({ path }) => path.includes('{id}'))) {
        const body = method === 'PATCH' ? { revision, field: 'a', value: 'b' } : { revision, text: 'x' };
        const isPlain = method === 'GET' || method === 'DELETE';
        const address =
          path.replace('{id}', encodeURI(id)) + (method === 'DELETE' ? `?revision=${revision}` : '');
        const said = await askRest(whole, address, method, isPlain ? undefined : body);
        if (!meant.test(id)) t.match(said, /^\[(400|404),/, `${method} ${address}`);
        t.notMatch(withoutAsked(said, [id]), mark, `${method} ${address}`);
      }
    }
    for (const [path, content] of Object.entries(beyond)) {
      t.ok(
        (await readFile(join(whole.world.folder, path))).equals(Buffer.from(content)),
        `${path} is as it was`,
      );
    }
  },
);

t.test(
  'what is moved within the folders is moved as if there were nothing else, but for links beyond',
  async (t) => {
    const whole = await connect(t, await startHalf(t, { ...reached, ...beyond }), 'narrow');
    const half = await connect(t, await startHalf(t, reached), 'narrow');
    const moves = [
      ['Open/Beta.md', 'Open/Sub/Meeting'],
      ['Open/Sub', 'Open/Deeper/Sub'],
      ['Open/Lonely.md', 'Open/Gone.md'],
      ['Open/Deeper/Sub/Twin.md', 'Daily/2026/Plan 2.md'],
      ['Open/picture.png', 'Daily/2026/a picture.png'],
      ['Open/Board.canvas', 'Open/Zebra board.canvas'],
    ] as const;
    for (const [id, to] of moves) {
      const call: Call = ['move_note', { id, to }];
      const [one, other] = await Promise.all([ask(whole, call), ask(half, call)]);
      t.equal(one, other, `${id} to ${to}`);
      t.match(one, 'mended', one);
    }
    const read = (world: { folder: string }, path: string): Promise<string> =>
      readFile(join(world.folder, path), 'utf8');
    for (const id of [
      'Open/Alpha.md',
      'Open/Deeper/Sub/Meeting.md',
      'Open/Gone.md',
      'Daily/2026/Plan 2.md',
    ]) {
      t.equal(await read(whole.world, id), await read(half.world, id), id);
    }
    t.match(
      await read(whole.world, 'Open/Alpha.md'),
      '[[Plan]], [[Nowhere]], [[Open/Sub/Meeting]]'.replace('Sub', 'Deeper/Sub'),
    );
    t.match(await read(whole.world, 'Zebra/Zebra diary.md'), 'an apple [[Open/Gone]] [[Alpha]]');
    t.match(await read(whole.world, 'Plan.md'), 'zebra [[Open/Deeper/Sub/Meeting]]');
    for (const id of otherIds) {
      for (const call of [
        ['move_note', { id, to: 'Open/x' }],
        ['move_note', { id: 'Open/Alpha.md', to: id }],
      ] as const) {
        t.match(await ask(whole, [call[0], call[1]]), closed, `${call[1].id} to ${call[1].to}`);
      }
    }
  },
);

t.test(
  'each call has the reach of its own token, over every transport and however they come together',
  async (t) => {
    const world = await startHalf(t, { ...reached, ...beyond });
    world.auth.addToken('none', RESOURCE, { authorization_details: narrowTo(RESOURCE, []) });
    world.auth.addToken('strange', RESOURCE, { authorization_details: narrowTo(RESOURCE, ['..']) });
    world.auth.addToken('sub', RESOURCE, { authorization_details: narrowTo(RESOURCE, ['Open/Sub']) });
    world.auth.addToken('whole', RESOURCE, { authorization_details: narrowTo(RESOURCE, undefined) });
    const notes: Record<string, RegExp> = {
      all: /Zebra\/.*Open\//,
      whole: /Zebra\/.*Open\//,
      narrow: /^(?!.*zebra).*Open\/Alpha/i,
      sub: /^(?!.*(zebra|Alpha)).*Open\/Sub\/Twin.md/i,
      none: /"notes":\[\]/,
      strange: /"notes":\[\]/,
    };
    const scan = callTool('scan', { limit: 1000 });
    const rounds = [...Object.keys(notes), ...Object.keys(notes).reverse()];
    const answers = await Promise.all(
      rounds.map(async (token) => (await postMcp(world.url, token, scan)).text()),
    );
    for (const [index, token] of rounds.entries()) {
      const { result } = JSON.parse(answers[index] ?? '');
      const said = JSON.stringify(result.structuredContent).split('{"id"').sort().join('{"id"');
      t.match(said.split('"id":').sort().reverse().join(), notes[token] as RegExp, token);
    }
    const stream = await openEventStream(t, world.url, 'all');
    for (const token of ['all', 'narrow', 'all', 'sub']) {
      await stream.post(callTool('search', { query: 'zebra' }), { token });
      const { result } = await stream.message();
      t.equal(mark.test(JSON.stringify(result)), token === 'all', `${token} on a stream of all`);
    }
    const batch = [callTool('search', { query: 'zebra' }), { ...callTool('scan', {}), id: 8 }];
    const batched = await postMcp(world.url, 'narrow', batch, { 'mcp-protocol-version': '2025-03-26' });
    t.notMatch(await batched.text(), mark, 'a batch');
  },
);

t.test('what one token writes another finds at once, where it reaches it', async (t) => {
  const world = await startHalf(t, { ...reached, ...beyond });
  const call = async (token: string, name: string, args: object): Promise<string> =>
    JSON.stringify(
      await readJson(await postMcp(world.url, token, callTool(name, args as Record<string, unknown>))),
    );
  world.auth.addToken('sub', RESOURCE, {
    scope: 'vault.write',
    authorization_details: narrowTo(RESOURCE, ['Open/Sub']),
  });
  for (const token of ['narrow', 'sub']) await call(token, 'search', { query: 'x' });
  await call('all', 'create_note', { path: 'Open/Sub/Fig', text: 'a fig' });
  for (const token of ['narrow', 'sub'])
    t.match(await call(token, 'search', { query: 'fig' }), 'Open/Sub/Fig.md');
  await call('sub', 'create_note', { path: 'Open/Sub/Date', text: 'a date palm' });
  for (const token of ['narrow', 'all'])
    t.match(await call(token, 'search', { query: 'palm' }), 'Sub/Date.md');
  await call('all', 'create_note', { path: 'Other/Fig', text: 'another fig' });
  t.notMatch(await call('narrow', 'search', { query: 'another' }), 'Other/');
});

t.test('what may be read in one folder is not written because another may', async (t) => {
  const world = await startHalf(t, { ...reached, ...beyond });
  world.auth.addToken('mixed', RESOURCE, {
    scope: 'vault.read vault.write',
    authorization_details: [
      ...narrowTo(RESOURCE, ['Open'], { actions: ['read'] }),
      ...narrowTo(RESOURCE, ['Daily/2026'], { actions: ['write'] }),
    ],
  });
  const call = async (name: string, args: object): Promise<Record<string, unknown>> =>
    (await readJson(await postMcp(world.url, 'mixed', callTool(name, args as Record<string, unknown>))))
      .result;
  const note = (await call('fetch', { id: 'Open/Beta.md' }))['structuredContent'] as {
    metadata: { revision: string };
  };
  const { revision } = note.metadata;
  for (const [name, args] of [
    ['create_note', { path: 'Open/New', text: 'x' }],
    ['append_to_note', { id: 'Open/Beta.md', text: 'x' }],
    ['replace_note', { id: 'Open/Beta.md', revision, text: 'x' }],
    ['edit_note', { id: 'Open/Beta.md', revision, field: 'a', value: 'x' }],
    ['delete_note', { id: 'Open/Beta.md', revision }],
  ] as const) {
    t.match(await call(name, args), { isError: true, content: [{ text: closed }] }, name);
  }
  t.match(await call('append_to_note', { id: 'Daily/2026/2026-11-26.md', text: 'x' }), {
    structuredContent: { id: 'Daily/2026/2026-11-26.md' },
  });
});
