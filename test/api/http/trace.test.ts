// A call is found again in both logs: the ids that lines of loop-api have go to loop-auth with its questions.
import t from 'tap';
import { createTrace } from '../../../api/http/trace.ts';
import { startGoodWorld } from '../../support/loop-api.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const sent = `00-${traceId}-00f067aa0ba902b7-01`;

const call = (url: string, headers: Record<string, string>): Promise<Response> =>
  fetch(`${url}/api/notes`, { headers: { authorization: 'Bearer good', ...headers } });

t.test('the question about a token goes on with the trace of the call', async (t) => {
  const world = await startGoodWorld(t, { API_INTROSPECTION_CACHE_SECONDS: '0' });
  const answer = await call(world.url, { traceparent: sent, tracestate: 'vendor=secret' });
  const { headers } = world.auth.introspections.at(-1) ?? {};
  t.match(headers?.['traceparent'], new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  t.not(headers?.['traceparent'], sent, 'a span of its own');
  t.equal(headers?.['x-request-id'], answer.headers.get('x-request-id'));
  t.notOk(headers?.['tracestate']);
  const line = world.log.findLast(({ msg, route }) => msg === 'request' && route === '/api');
  t.match(line, { traceId, requestId: answer.headers.get('x-request-id') });
});

t.test('each call without one has a trace of its own', async (t) => {
  const world = await startGoodWorld(t, { API_INTROSPECTION_CACHE_SECONDS: '0' });
  const before = world.auth.introspections.length;
  await Promise.all([call(world.url, {}), call(world.url, {})]);
  const traces = world.log.filter(({ msg, route }) => msg === 'request' && route === '/api');
  const ids = new Set(traces.slice(-2).map((line) => line['traceId']));
  t.equal(ids.size, 2);
  for (const { headers } of world.auth.introspections.slice(before))
    t.ok(ids.has(headers['traceparent']?.slice(3, 35)), 'the asker of a shared question');
});

t.test('what is no trace begins one', (t) => {
  for (const header of [
    undefined,
    '',
    traceId,
    sent.toUpperCase(),
    `ff${sent.slice(2)}`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `${sent} `,
    `${sent}\n`,
    `${sent}-${'a'.repeat(9_000)}`,
  ]) {
    t.match(createTrace(header).traceId, /^[0-9a-f]{32}$/);
    t.not(createTrace(header).traceId, traceId, String(header));
    t.equal(createTrace(header).flags, '00');
  }
  t.equal(createTrace(sent).traceId, traceId);
  t.equal(createTrace(`01${sent.slice(2)}-more`).traceId, traceId, 'a later version');
  t.end();
});
