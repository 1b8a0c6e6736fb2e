// api/mcp/web-exchange.ts: an answer in one piece, an event stream as it comes, and clients that go away.
import t from 'tap';
import { callTool, postMcp, postModern, RESOURCE, readJson, startWorld } from '../../support/loop-api.ts';

t.test('an answer goes out in one piece, with its length', async (t) => {
  const { url, auth } = await startWorld(t);
  auth.addToken('good', RESOURCE);
  for (const answer of [
    await postMcp(url, 'good', callTool('list', {})),
    await postModern(url, 'good', 'tools/call', { name: 'list', arguments: {} }),
    await postMcp(url, 'good', { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }),
  ]) {
    const text = await answer.clone().text();
    t.equal(answer.headers.get('content-length'), String(Buffer.byteLength(text)));
    t.equal(answer.headers.get('content-type'), 'application/json');
    t.equal(answer.headers.get('cache-control'), 'no-store');
  }
  const accepted = await postMcp(url, 'good', { jsonrpc: '2.0', method: 'notifications/initialized' });
  t.equal(accepted.status, 202);
  t.equal(await accepted.text(), '');
});

t.test('what is not one plain request of an older revision is answered by the SDK’s transport', async (t) => {
  const { url, auth } = await startWorld(t);
  auth.addToken('good', RESOURCE);
  const batch = await postMcp(url, 'good', [callTool('list', {}), { ...callTool('list', {}), id: 8 }]);
  t.match(await readJson(batch), [
    { id: 7, result: {} },
    { id: 8, result: {} },
  ]);
  const unknown = await postMcp(url, 'good', callTool('list', {}), { 'mcp-protocol-version': '2020-01-01' });
  t.equal(unknown.status, 400);
  t.match(await readJson(unknown), { error: { message: /Unsupported protocol version/ } });
});

t.test('a stream is open until its client goes away, which is no failure', async (t) => {
  const { url, auth, log } = await startWorld(t);
  auth.addToken('good', RESOURCE);
  const answer = await postModern(url, 'good', 'subscriptions/listen', {
    notifications: { toolsListChanged: true },
  });
  t.equal(answer.status, 200);
  t.match(answer.headers.get('content-type'), /^text\/event-stream/);
  const reader = answer.body?.getReader();
  const first = await reader?.read();
  t.match(
    Buffer.from(first?.value ?? []).toString(),
    /notifications\/subscriptions\/acknowledged|subscription/,
  );
  await reader?.cancel();
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.notMatch(JSON.stringify(log), /failed/);
});
