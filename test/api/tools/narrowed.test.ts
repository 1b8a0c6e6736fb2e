// A token that reaches one half of a vault, asked in every way there is, beside a vault that has nothing but that half:
// their answers are the same, and the other half has left no trace in any.
import t from 'tap';
import {
  ask,
  askRest,
  beyond,
  type Call,
  type Caller,
  connect,
  links,
  mark,
  plain,
  reached,
  startHalf,
  withoutAsked,
} from '../../support/halves.ts';
import { postModern, readJson } from '../../support/loop-api.ts';

const queries = [
  ...['apple', 'tree', 'apple tree', 'quince', 'twin', 'words', 'pelican', 'pelicam', 'plan', 'alpha'],
  ...['zebra', 'zebr', 'zebratag', 'zebravalue', 'zebra*', 'z*', 'tag:zebratag', 'tag:shared', 'tag:z*'],
  ...['status:zebra', 'status:open', 'zebrafield:zebravalue', 'path:zebra', 'path:Open', 'path:open2'],
  ...['"apple tree"', 'apple -tree', 'meeting', 'template', 'First', '인증', '회의록', 'diary', 'board', ''],
];
const names = [
  ...Object.keys(links),
  ...['Link', 'Shown.png'],
  ...['Open/Alpha.md', 'Open/Alpha', 'alpha', 'Alpha', 'First', 'Beta', 'Twin', '[[Twin]]', 'Plan', 'Gone'],
  ...['Meeting', '[[Meeting]]', 'Zebra diary', 'Zebra alias', 'Zebra/Zebra diary.md', 'Zebra diary#Zebra'],
  ...['Other/Meeting.md', 'Open.md', 'Open2/Alpha.md', 'open/Alpha.md', 'Daily/2026.md', 'Twin.md', 'Open'],
  ...[
    'Alpha#Log',
    'Alpha#Nothing',
    'Alpha#^block',
    'Alpha#^none',
    'Long',
    'Open/Long.md?from=4000',
    'Long#Part 7',
  ],
  ...['Open/picture.png', 'Zebra/zebra.png', 'Zebra/Zebra.pdf', 'Open/Paper.pdf', 'Open/Board.canvas'],
  ...['Zebra/Zebra board.canvas', 'Zebra/zebra.bin', 'Open/other.bin', 'zebra.bin', 'zebra.png', '회의록'],
  ...['daily:today', 'daily:2026-11-26', 'daily:2025-11-26', 'https://notes.example/notes/Other/Meeting.md'],
  ...[
    'https://notes.example/notes/Open/Alpha.md',
    'vault:///Zebra/Zebra%20diary.md',
    '../x',
    '/Open/Beta',
    '',
  ],
  ...['Open/Plan.sync-conflict-20261120-101010-ABCDEFG.md', '.obsidian/daily-notes.json', 'x'.repeat(5_000)],
];
const readCalls: Call[] = [
  ...queries.map((query): Call => ['search', { query }]),
  ...names.map((id): Call => ['fetch', { id }]),
  ...[
    '',
    'Open',
    'Open/Sub',
    'Daily',
    'Daily/2026',
    'Daily/2025',
    'Empty',
    'Empty/Inner',
    'Zebra',
    'Other',
    'Open2',
    'open',
    'Z',
    '/',
  ].map((folder): Call => ['list', { folder }]),
  ...['tags', 'recent', 'missing', 'orphans', 'conflicts'].flatMap((of): Call[] => [
    ['list', { of }],
    ['list', { of, limit: 2 }],
  ]),
  ...[{}, { order: 'path' }, { order: 'modified' }, { limit: 3 }, { order: 'path', limit: 2 }].map(
    (args): Call => ['scan', args],
  ),
  ...['Open', 'Zebra', 'Daily', 'Open2', 'Other'].map((folder): Call => ['scan', { folder }]),
  ...['shared', 'zebratag', 'alone'].map((tag): Call => ['scan', { tag }]),
  ['scan', { field: 'zebrafield' }],
  ['scan', { field: 'status' }],
  ['scan', { field: 'status', value: 'zebra' }],
];
const toQuery = (args: Record<string, unknown>): string =>
  new URLSearchParams(
    Object.entries(args).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();

t.test(
  'a narrowed token gets what a vault of that half alone would answer, and no trace of the rest',
  async (t) => {
    const whole = await connect(t, await startHalf(t, { ...reached, ...beyond }), 'narrow');
    const half = await connect(t, await startHalf(t, reached), 'all');
    let compared = 0;
    const compare = async (what: string, asked: string[], answer: (caller: Caller) => Promise<string>) => {
      const [one = '', other] = await Promise.all([whole, half].map(answer));
      compared += 1;
      // Each assertion costs as much as a call.
      if (one !== other) t.equal(one, other, what);
      if (mark.test(withoutAsked(one, asked))) t.notMatch(one, mark, what);
    };
    for (const call of readCalls) {
      const asked = Object.values(call[1]).map(String);
      await compare(`${call[0]} ${JSON.stringify(call[1]).slice(0, 100)}`, asked, (caller) =>
        ask(caller, call),
      );
    }
    const restOf: Record<string, string> = { search: '/api/search', list: '/api/list', scan: '/api/scan' };
    for (const [name, args] of readCalls) {
      const path =
        name === 'fetch'
          ? `/api/notes/${encodeURIComponent(String(args['id']))}`
          : `${restOf[name]}?${toQuery(args)}`;
      await compare(`GET ${path.slice(0, 100)}`, Object.values(args).map(String), (caller) =>
        askRest(caller, path),
      );
    }
    await compare('resources', [], async ({ client }) => plain(await client.listResources()));
    await compare('templates', [], async ({ client }) => plain(await client.listResourceTemplates()));
    await compare('tools', [], async ({ client }) => plain(await client.listTools()));
    for (const name of names) {
      const uri = `vault:///${name.split('/').map(encodeURIComponent).join('/')}`;
      await compare(`resource ${uri.slice(0, 100)}`, [uri, name], async ({ client }) =>
        plain(await client.readResource({ uri }).catch((error: Error) => error.message)),
      );
      const path = `/notes/${encodeURI(name)}`;
      await compare(`page ${path.slice(0, 100)}`, [name, name.replace(/#.*/, '')], (caller) =>
        askRest(caller, path),
      );
    }
    for (const path of ['/openapi.json', '/.well-known/oauth-protected-resource', '/readyz']) {
      await compare(path, [], (caller) => askRest(caller, path));
    }
    await compare('a list, page by page', [], (caller) => readAllPages(caller, { order: 'path', limit: 2 }));
    await compare('a scan, page by page', [], (caller) => readAllPages(caller, { limit: 2 }));
    await compare('a search of the newest revision', [], async ({ world, token }) =>
      plain(
        await readJson(
          await postModern(world.url, token, 'tools/call', { name: 'search', arguments: { query: 'apple' } }),
        ),
      ),
    );
    t.ok(compared > 300, `${compared} answers were the same`);
    t.notMatch(JSON.stringify(whole.world.log), mark, 'the log');
    t.notMatch(await whole.world.readMetrics(), mark, 'the metrics');
  },
);

async function readAllPages({ client }: Caller, args: Record<string, unknown>): Promise<string> {
  const pages: unknown[] = [];
  let cursor: string | undefined;
  do {
    const more = cursor === undefined ? {} : { cursor };
    const { structuredContent } = await client.callTool({ name: 'scan', arguments: { ...args, ...more } });
    pages.push(structuredContent);
    cursor = (structuredContent as { nextCursor?: string }).nextCursor;
  } while (cursor !== undefined);
  return plain(pages);
}
