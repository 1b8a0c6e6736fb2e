// What every answer of loop-api says of itself.
import t from 'tap';
import { LIST_TOOLS, postMcp, startGoodWorld } from '../../support/loop-api.ts';

t.test('a browser is told of every answer to take it for what it says it is', async (t) => {
  const { url, service } = await startGoodWorld(t, { API_SSE: 'on' });
  const bearer = { authorization: 'Bearer good' };
  const stream = new AbortController();
  const answers: Record<string, Promise<Response>> = {
    'an answer of MCP': postMcp(url, 'good', LIST_TOOLS),
    'a challenge': postMcp(url, undefined, LIST_TOOLS),
    'a call that can not be read': postMcp(url, 'good', '{'),
    'MCP by GET': fetch(`${url}/mcp`, { headers: bearer }),
    'an event stream': fetch(`${url}/sse`, {
      headers: { ...bearer, accept: 'text/event-stream' },
      signal: stream.signal,
    }),
    REST: fetch(`${url}/api/search?query=loop`, { headers: bearer }),
    'a problem': fetch(`${url}/api/nothing`, { headers: bearer }),
    metadata: fetch(`${url}/.well-known/oauth-protected-resource/mcp`),
    'a description': fetch(`${url}/openapi.json`),
    'a page': fetch(`${url}/notes/a.md`),
    'an address of nothing': fetch(`${url}/nothing`),
    'a wrong method': fetch(`${url}/healthz`, { method: 'DELETE' }),
    health: fetch(`${url}/readyz`),
    metrics: fetch(`http://127.0.0.1:${service.metricsPort}/metrics`),
    'nothing beside metrics': fetch(`http://127.0.0.1:${service.metricsPort}/other`),
  };
  for (const [what, answer] of Object.entries(answers)) {
    const { headers, status } = await answer;
    t.equal(headers.get('x-content-type-options'), 'nosniff', `${what} (${status})`);
  }
  stream.abort();
});
