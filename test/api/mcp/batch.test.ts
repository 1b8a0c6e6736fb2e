// api/mcp/batch.ts: the messages of a batch are served one after the other, and hold together no more than a body may.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { callTool, LIST_TOOLS, postMcp, readJson, startGoodWorld } from '../../support/loop-api.ts';

const notification = { jsonrpc: '2.0', method: 'notifications/initialized' };

t.test('each request of a batch has its answer, in order; a notification has none', async (t) => {
  const { url } = await startGoodWorld(t);
  const batch = [LIST_TOOLS, notification, { ...callTool('list', {}), id: 'two' }, callTool('destroy', {})];
  const answer = await postMcp(url, 'good', batch);
  t.equal(answer.status, 200);
  t.match(await readJson(answer), [
    { id: 1, result: { tools: [] } },
    { id: 'two', result: { structuredContent: {} } },
    { id: 7, error: { code: -32_602 } },
  ]);
  const silent = await postMcp(url, 'good', [notification, notification]);
  t.equal(silent.status, 202);
  t.equal(await silent.text(), '');
});

t.test('a batch of large answers is no larger than a body may be; the other calls are told so', async (t) => {
  const world = await startGoodWorld(t);
  await writeFile(join(world.folder, 'vault', 'large.md'), '가'.repeat(1_000_000));
  const batch = Array.from({ length: 100 }, (_, id) => ({ ...callTool('fetch', { id: 'large.md' }), id }));
  const answer = await postMcp(world.url, 'good', [...batch.slice(0, 99), { ...LIST_TOOLS, id: 99 }]);
  const body = await answer.text();
  t.ok(Buffer.byteLength(body) < 1_048_576 + 64_000, String(body.length));
  const answers = JSON.parse(body) as Array<{ id: number; result?: unknown; error?: { message: string } }>;
  t.same(
    answers.map(({ id }) => id),
    Array.from({ length: 100 }, (_, id) => id),
  );
  t.match(answers[0], { result: { structuredContent: { id: 'large.md' } } });
  t.match(answers[99], { error: { code: -32_000, message: /send this call alone/ } });
});

t.test('a batch that is none is refused as a whole', async (t) => {
  const { url } = await startGoodWorld(t);
  const params = {
    protocolVersion: '2025-03-26',
    capabilities: {},
    clientInfo: { name: 'old', version: '1' },
  };
  const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params };
  for (const [name, batch] of Object.entries({
    empty: [],
    'too long': Array.from({ length: 101 }, () => LIST_TOOLS),
    'not of messages': Array.from({ length: 300_000 }, () => 1),
    'with initialize in it': [initialize, LIST_TOOLS],
  })) {
    const answer = await postMcp(url, 'good', batch);
    t.equal(answer.status, 400, name);
    t.match(await readJson(answer), { jsonrpc: '2.0', error: { code: Number } });
  }
  const unknown = await postMcp(url, 'good', [LIST_TOOLS], { 'mcp-protocol-version': '2020-01-01' });
  t.equal(unknown.status, 400, 'of an unknown revision');
});
