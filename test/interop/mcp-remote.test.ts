// mcp-remote as a process between a client that speaks stdio only and loop-api: it signs in, calls, and comes back.
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Test } from 'tap';
import t from 'tap';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { startConnectedPair } from '../support/connected-pair.ts';
import type { Choice } from '../support/loop-auth.ts';
import { narrowed, waitForFolder } from '../support/narrowed.ts';
import { person } from '../support/person.ts';
import { makeEnvironment } from '../support/program.ts';

interface Bridge {
  client: Client;
  /** What mcp-remote has said on stderr. */
  said(): string;
}

/** Starts mcp-remote and connects through it; signs in at the address that it prints, if it prints one. */
async function connectThroughBridge(
  t: Test,
  args: string[],
  env: Record<string, string>,
  choice: Choice = {},
): Promise<Bridge> {
  const transport = new StdioClientTransport({ command: 'mcp-remote', args, env, stderr: 'pipe' });
  let said = '';
  const signIns: Promise<unknown>[] = [];
  transport.stderr?.on('data', (chunk: Buffer) => {
    said += chunk;
    const url = /visiting:\s+(http\S+)\s/.exec(said)?.[1];
    if (url === undefined || signIns.length > 0) return;
    signIns.push(authorizeInBrowser(url, person, { choice }).then((callback) => fetch(callback)));
  });
  const client = new Client({ name: 'speaks stdio only', version: '1' });
  t.teardown(() => client.close());
  await client.connect(transport).catch((error: unknown) => {
    throw new Error(`no connection through mcp-remote:\n${said}`, { cause: error });
  });
  await Promise.all(signIns);
  return { client, said: () => said };
}

async function expectTools(t: Test, client: Client): Promise<void> {
  const { tools } = await client.listTools();
  t.ok(tools.some((tool) => tool.name === 'search'));
  const found = await client.callTool({ name: 'search', arguments: { query: 'NAS' } });
  t.match(found.structuredContent, { results: [{ id: /NAS/ }] });
}

t.test('mcp-remote signs in once and needs no sign-in when it is started again', async (t) => {
  const { pair } = await startConnectedPair(t);
  for (const [path, more] of [
    ['/mcp', []],
    ['/sse', ['--transport', 'sse-only']],
    ['/sse', ['--transport', 'http-first']],
  ] as const) {
    const env = await makeEnvironment(t);
    const url = pair.resource.replace(/\/mcp$/, path);
    const name = [path, ...more].join(' ');
    const first = await connectThroughBridge(t, [url, ...more], env);
    await expectTools(t, first.client);
    t.match(first.said(), /Please authorize this client/, name);
    await first.client.close();
    const second = await connectThroughBridge(t, [url, ...more], env);
    await expectTools(t, second.client);
    t.notMatch(second.said(), /Please authorize this client/, `${name}, again`);
    await second.client.close();
  }
});

t.test('a client behind mcp-remote goes on when both services were killed and started again', async (t) => {
  const { pair } = await startConnectedPair(t);
  const { client, said } = await connectThroughBridge(t, [pair.resource], await makeEnvironment(t));
  await expectTools(t, client);
  for (const service of ['api', 'auth'] as const) {
    await pair.kill(service);
    await pair.start(service);
    await expectTools(t, client);
  }
  t.equal(said().match(/Please authorize this client/g)?.length, 1);
});

t.test('mcp-remote that was given less than it asked for does not ask again', async (t) => {
  const { pair } = await startConnectedPair(t);
  await waitForFolder(pair, narrowed.folders);
  const env = await makeEnvironment(t);
  const first = await connectThroughBridge(t, [pair.resource], env, narrowed);
  for (const { client } of [first, await connectThroughBridge(t, [pair.resource], env)]) {
    const outside = await client.callTool({ name: 'fetch', arguments: { id: 'Welcome.md' } });
    t.match(outside, { isError: true });
    const inside = await client.callTool({ name: 'fetch', arguments: { id: 'Journal/2026/2026-11-20.md' } });
    t.match(inside, { structuredContent: { id: 'Journal/2026/2026-11-20.md' } });
    await client
      .callTool({ name: 'create_note', arguments: { path: 'Journal/x.md', text: 'x' } })
      .catch(() => undefined);
    const found = await client.callTool({ name: 'search', arguments: { query: 'NAS' } });
    t.equal(found.isError ?? false, false);
  }
  t.equal(first.said().match(/Please authorize this client/g)?.length, 1);
});
