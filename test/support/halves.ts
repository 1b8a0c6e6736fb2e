// A vault of two halves, one of which a token reaches, beside a vault of that half alone; and how either is asked.
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Test } from 'tap';
import { narrowTo } from './authorization-server.ts';
import { RESOURCE, startWorld, type World, waitForIndex } from './loop-api.ts';
import { writeTextPdf } from './pdf-file.ts';
import { until } from './until.ts';

/** In every name and every text of the half that is not reached. */
export const mark = /zebra/i;
const folders = ['Open', 'Daily/2026', 'Empty/Inner'];

export type Files = Record<string, string | Buffer>;

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const canvas = (text: string): string =>
  JSON.stringify({ nodes: [{ id: '1', type: 'text', text, x: 0, y: 0, width: 9, height: 9 }], edges: [] });

export const reached: Files = {
  'Open/Alpha.md':
    '---\ntitle: Alpha\naliases: [First]\nstatus: open\ntags: [shared, alone]\n---\n# Alpha\n\nThe apple tree and the pelicam. See [[Plan]], [[Nowhere]], [[Beta]], [[Meeting]].\n\n## Log\n\n- one #shared\n\n## Log\n\n- two ^block\n',
  'Open/Beta.md': 'An apple by itself, twice: apple. ![[picture.png]] [[Board.canvas]]',
  'Open/Lonely.md': 'Nobody in this half leads here. Quince.',
  'Open/Sub/Twin.md': '# Twin\n\nThe twin of the open half, with [[Gone]].',
  'Open/Plan.md': '# Plan\n\nWhat is to be done. #shared',
  'Open/Plan.sync-conflict-20261120-101010-ABCDEFG.md': '# Plan\n\nWhat was to be done.',
  'Open/Long.md': `# Long\n\n${Array.from({ length: 400 }, (_, at) => `## Part ${at}\n\n${'words of a long note '.repeat(10)}\n`).join('\n')}`,
  'Open/picture.png': png,
  'Open/Board.canvas': canvas('a board of apples'),
  'Open/Paper.pdf': writeTextPdf('a paper on apples'),
  'Open/회의록.md': '# 회의록\n\n인증 서버를 다시 만든다.',
  'Open/other.bin': 'x',
  'Daily/2026/2026-11-26.md': '## Tasks\n\n- [ ] water the apple tree',
};

/** Some of it has no mark in its path, so that the other half may have links to it. */
/** Names within the folders that lead out of them. */
export const links = { 'Open/Link.md': '../Other/Meeting.md', 'Open/Shown.png': '../Zebra/zebra.png' };

export const beyond: Files = {
  'Zebra/Zebra diary.md':
    '---\ntitle: Zebra diary\naliases: [Zebra alias, First, Beta]\nzebrafield: zebravalue\nstatus: zebra\ntags: [zebratag, shared]\n---\n# Zebra\n\nA zebra, the pelican and an apple [[Lonely]] [[Alpha]] [[Zebra nowhere]] #zebratag\n\n## Zebra heading\n\nzebra ^zebrablock',
  'Zebra/Deep/More zebra.md': 'zebra apple apple apple [[Alpha]] [[Gone]]',
  'Zebra/zebra.png': png,
  'Zebra/Zebra board.canvas': canvas('a zebra of apples [[Lonely]]'),
  'Zebra/Zebra.pdf': writeTextPdf('a zebra on apples'),
  'Zebra/zebra.bin': 'zebra',
  'Other/Meeting.md': 'zebra meeting with [[Alpha]]',
  'Other/Twin.md': 'zebra twin',
  'Twin.md': 'zebra twin',
  'Gone.md': 'zebra',
  'Plan.md': '# Zebra plan\n\nzebra [[Open/Beta]]',
  'Alpha.md': '# Alpha\n\nzebra alpha',
  'Open.md': 'zebra beside the folder',
  'Open2/Alpha.md': 'zebra apple',
  'open/Alpha.md': 'zebra apple',
  'Openly.md': 'zebra',
  'Daily/2025/2025-11-26.md': 'zebra',
  'Daily/2026.md': 'zebra',
  'Empty/zebra.md': 'zebra',
  'Daily/2026 zebra.md': 'zebra',
  'Zebra templates/Zebra.md': 'zebra of a template',
  'Other/Note.sync-conflict-20261120-101010-ABCDEFG.md': 'zebra',
  // Enough to turn the order of what is found: a word that is rare in one half is common in the other.
  ...Object.fromEntries(
    Array.from({ length: 60 }, (_, at) => [`Zebra/Many/Zebra ${at}.md`, 'zebra quince tree tree twin words']),
  ),
};

const daily = JSON.stringify({ folder: 'Daily/2026', template: 'Zebra templates/Zebra' });

export async function startHalf(t: Test, files: Files): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-narrowed-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'Empty/Inner'), { recursive: true });
  const at = new Date('2026-11-20T10:00:00Z');
  for (const [path, content] of Object.entries({ ...files, '.obsidian/daily-notes.json': daily })) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await utimes(file, at, at);
  }
  for (const [path, target] of Object.entries('Twin.md' in files ? links : {})) {
    await symlink(target, join(folder, path));
  }
  const world = await startWorld(t, { API_VAULT_DIR: folder, API_TIME_ZONE: 'Asia/Seoul' });
  const scope = 'openid vault.read vault.write';
  world.auth.addToken('all', RESOURCE, { scope });
  world.auth.addToken('narrow', RESOURCE, { scope, authorization_details: narrowTo(RESOURCE, folders) });
  await waitForIndex(world);
  return { ...world, folder };
}

export interface Caller {
  world: World;
  token: string;
  client: Client;
}

export async function connect(t: Test, world: World, token: string): Promise<Caller> {
  const client = new Client({ name: 'walker', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${world.url}/mcp`), { requestInit }));
  t.teardown(() => client.close());
  const paper = { name: 'fetch', arguments: { id: 'Open/Paper.pdf' } };
  const isRead = async (): Promise<boolean> =>
    JSON.stringify(await client.callTool(paper)).includes('a paper on apples');
  await until(isRead, 'the text of the PDF');
  return { world, token, client };
}

/** What differs by chance: times, the places of pages, ids of requests. */
export function plain(answer: unknown): string {
  return JSON.stringify(answer)
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/(\\?"nextCursor\\?":\\?")[^"\\]*/g, '$1NEXT');
}

export type Call = [name: string, args: Record<string, unknown>];

export async function ask({ client }: Caller, [name, args]: Call): Promise<string> {
  return plain(await client.callTool({ name, arguments: args }).catch((error: Error) => error.message));
}

export async function askRest(
  { world, token }: Caller,
  path: string,
  method = 'GET',
  body?: object,
): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(world.url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const said = [answer.status, answer.headers.get('www-authenticate'), await answer.text()];
  return plain(said).replaceAll(world.auth.issuer, 'ISSUER');
}

/** What was asked for is in some answers again: that alone may have the mark. */
export function withoutAsked(answer: string, asked: readonly string[]): string {
  const forms = asked.flatMap((text) => [
    ...[text, encodeURI(text), encodeURIComponent(text)],
    JSON.stringify(text).slice(1, -1),
  ]);
  return forms.filter(Boolean).reduce((left, form) => left.replaceAll(form, ''), answer);
}
