// api/app.ts: what answers beside the MCP endpoint.
import t from 'tap';
import { LIST_TOOLS, postMcp, RESOURCE, startWorld, waitForIndex } from '../support/loop-api.ts';

t.test('/healthz and /readyz are 200 while loop-auth is away', async (t) => {
  const world = await startWorld(t);
  const { url, auth } = world;
  await waitForIndex(world);
  await auth.stop();
  t.match(await (await fetch(`${url}/healthz`)).json(), { status: 'ok' });
  const ready = await fetch(`${url}/readyz`);
  t.equal(ready.status, 200);
  t.match(await ready.json(), { status: 'ready', indexing: false });
});

t.test('/metrics counts requests, questions to loop-auth and cached answers', async (t) => {
  const { url, auth } = await startWorld(t);
  auth.addToken('good', RESOURCE);
  await postMcp(url, 'good', LIST_TOOLS);
  await postMcp(url, 'good', LIST_TOOLS);
  await postMcp(url, 'unknown', LIST_TOOLS);
  auth.failure = 500;
  await postMcp(url, 'another', LIST_TOOLS);
  const text = await (await fetch(`${url}/metrics`)).text();
  for (const line of [
    'loop_api_requests_total{route="/mcp",status="200"} 2',
    'loop_api_requests_total{route="/mcp",status="401"} 1',
    'loop_api_requests_total{route="/mcp",status="503"} 1',
    'loop_api_introspections_total{outcome="active"} 1',
    'loop_api_introspections_total{outcome="inactive"} 1',
    'loop_api_introspections_total{outcome="unreachable"} 1',
    'loop_api_token_checks_total{answer="hit"} 1',
  ]) {
    t.ok(text.includes(line), line);
  }
});

t.test('an unknown address is 404 and a wrong method 405, in JSON, without naming Express', async (t) => {
  const { url } = await startWorld(t);
  for (const path of ['/', '/mcp/other', '/notes', '/token']) {
    const answer = await fetch(url + path);
    t.equal(answer.status, 404, path);
    t.match(await answer.json(), { error: 'not_found' });
    t.equal(answer.headers.get('x-powered-by'), null);
  }
  for (const path of ['/healthz', '/readyz', '/metrics', '/notes/a.md']) {
    const answer = await fetch(url + path, { method: 'POST' });
    t.equal(answer.status, 405, path);
    t.match(await answer.json(), { error: 'method_not_allowed' });
  }
  t.equal((await fetch(`${url}/notes/%E0%A4%A`)).status, 400, 'an address that can’t be decoded');
});

t.test('every answer carries the id under which it is logged', async (t) => {
  const { url, log } = await startWorld(t);
  const answer = await fetch(`${url}/mcp`, { method: 'POST' });
  await answer.text();
  const requestId = answer.headers.get('x-request-id');
  t.match(
    log.find((line) => line['requestId'] === requestId),
    { route: '/mcp', status: 401, method: 'POST' },
  );
});
