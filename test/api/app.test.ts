// api/app.ts: what answers beside the MCP endpoint.
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import {
  LIST_TOOLS,
  postMcp,
  type RawAnswer,
  RESOURCE,
  sendRaw,
  startWorld,
  waitForIndex,
} from '../support/loop-api.ts';

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
  const { url, auth, readMetrics } = await startWorld(t);
  auth.addToken('good', RESOURCE);
  await postMcp(url, 'good', LIST_TOOLS);
  await postMcp(url, 'good', LIST_TOOLS);
  await postMcp(url, 'unknown', LIST_TOOLS);
  auth.failure = 500;
  await postMcp(url, 'another', LIST_TOOLS);
  const text = await readMetrics();
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

const metricsPaths = ['/metrics', '/metrics/', '/METRICS', '/Metrics?x', '/%6detrics', '//metrics'];

t.test(
  '/metrics is on a port of its own, which has nothing else; the public one has none in any spelling',
  async (t) => {
    const { url, service } = await startWorld(t, { API_RESOURCE: 'https://nas.example/loop/mcp' });
    for (const path of metricsPaths.flatMap((one) => [one, `/loop${one}`])) {
      const answer = await sendRaw(url + path, {});
      t.equal(answer.status, 404, path);
      t.match(JSON.parse(answer.body), { error: 'not_found' });
    }
    const own = `http://127.0.0.1:${service.metricsPort}`;
    const metrics = await fetch(`${own}/metrics`);
    t.match(metrics.headers.get('content-type'), /^text\/plain/);
    t.match(await metrics.text(), /^loop_api_held_bytes 0$/m);
    t.equal((await fetch(`${own}/metrics`, { method: 'POST' })).status, 405);
    for (const path of [...metricsPaths.slice(1), '/', '/mcp', '/healthz']) {
      const answer = await sendRaw(own + path, {});
      t.equal(answer.status, 404, path);
      t.same(JSON.parse(answer.body), { error: 'not_found' });
    }
  },
);

t.test('without API_METRICS_PORT there are no metrics to be had', async (t) => {
  const { service } = await startWorld(t, { API_METRICS_PORT: '' });
  t.equal(service.metricsPort, undefined);
});

t.test('an address has one spelling', async (t) => {
  const { url } = await startWorld(t);
  for (const path of [
    '/MCP',
    '/Mcp/',
    '/mcp//',
    '/SSE',
    '/messages/',
    '/Messages',
    '/healthz/',
    '/READYZ',
    '/openapi.json/',
    '/api/search/',
    '/API/search',
    '/api/Search',
    '/Notes/a.md',
    '/.well-known/OAuth-protected-resource/mcp',
    '/.well-known/oauth-protected-resource/MCP',
    '/.well-known/oauth-protected-resource/mcp//',
  ]) {
    const answer = await fetch(url + path);
    t.equal(answer.status, 404, path);
    t.match(await answer.json(), { error: 'not_found' });
  }
});

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];
const takes: Record<string, readonly string[]> = {
  '/': [],
  '/unknown': [],
  '/notes': [],
  '/api': [],
  '/api/unknown': [],
  '/.well-known/unknown': [],
  '/healthz': ['GET', 'HEAD'],
  '/readyz': ['GET', 'HEAD'],
  '/openapi.json': ['GET', 'HEAD'],
  '/notes/a.md': ['GET', 'HEAD'],
  '/.well-known/oauth-protected-resource': ['GET', 'HEAD', 'OPTIONS'],
  '/.well-known/oauth-protected-resource/mcp': ['GET', 'HEAD', 'OPTIONS'],
  '/.well-known/oauth-protected-resource/sse/': ['GET', 'HEAD', 'OPTIONS'],
  '/mcp': ['POST', 'OPTIONS'],
  '/mcp/': ['POST', 'OPTIONS'],
  '/sse': ['GET', 'OPTIONS'],
  '/messages': ['POST', 'OPTIONS'],
  '/api/search': ['GET', 'HEAD', 'OPTIONS'],
  '/api/notes': ['POST', 'OPTIONS'],
  '/api/notes/a.md': ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  '/api/notes/a.md/append': ['POST', 'OPTIONS'],
};

t.test('every method that an address does not take is answered with JSON that says so', async (t) => {
  const { url, auth } = await startWorld(t);
  auth.addToken('good', RESOURCE, { scope: 'vault.write' });
  for (const [path, taken] of Object.entries(takes)) {
    for (const method of methods.filter((one) => !taken.includes(one))) {
      for (const token of ['good', '']) {
        const name = `${method} ${path} ${token}`;
        const answer = await sendRaw(url + path, {
          method,
          headers: token === '' ? {} : { authorization: `Bearer ${token}` },
        });
        const isKnown = taken.length > 0;
        const needsToken = /^\/(mcp|sse|messages|api\/)/.test(path) && isKnown;
        const refused = needsToken && token === '' ? 401 : 405;
        const status = isKnown ? refused : 404;
        t.equal(answer.status, status, name);
        if (status === 405) t.match(answer.headers['allow'], /^[A-Z]+(, [A-Z]+)*$/, name);
        t.match(answer.headers['content-type'], /^application\/(problem\+)?json/, name);
        if (method !== 'HEAD') expectWords(t, answer, name);
      }
    }
  }
});

function expectWords(t: Test, { body }: RawAnswer, name: string): void {
  const { error, error_description: description, detail, jsonrpc } = JSON.parse(body);
  const words = jsonrpc === '2.0' ? error.message : (description ?? detail);
  t.match(words, /\w+ \w+ \w+/, name);
}

t.test('an address that can’t be decoded and what is no HTTP are answered with JSON too', async (t) => {
  const { url } = await startWorld(t);
  const undecodable = await fetch(`${url}/notes/%E0%A4%A`);
  t.equal(undecodable.status, 400);
  t.match(await undecodable.json(), { error: 'invalid_request' });
  for (const [status, text] of [
    [400, 'NONSENSE\r\n\r\n'],
    [400, 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    [400, 'WHATEVER / HTTP/1.1\r\nHost: a\r\n\r\n'],
    [431, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    [417, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: everything\r\n\r\n'],
    [405, 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ] as const) {
    const answer = await speak(url, text);
    t.match(answer, new RegExp(`^HTTP/1.1 ${status} `), text.slice(0, 20));
    t.match(answer, /^Content-Type: application\/problem\+json/im);
    t.match(answer, /^X-Content-Type-Options: nosniff/im);
    expectWords(t, { body: answer.split('\r\n\r\n')[1] ?? '' } as RawAnswer, text.slice(0, 20));
  }
});

/** All that comes back on a connection of its own. */
async function speak(url: string, text: string): Promise<string> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}

t.test(
  'no answer may be taken for another type, and none over https may come without it again',
  async (t) => {
    for (const [resource, expected] of [
      ['https://notes.example/mcp', 'max-age=31536000'],
      ['http://notes.example/mcp', null],
    ] as const) {
      const { url } = await startWorld(t, { API_RESOURCE: resource });
      for (const path of [...Object.keys(takes), '/notes/%E0%A4%A']) {
        const { headers } = await fetch(url + path);
        t.equal(headers.get('x-content-type-options'), 'nosniff', path);
        t.equal(headers.get('strict-transport-security'), expected, path);
      }
    }
  },
);

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
