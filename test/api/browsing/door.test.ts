// The addresses that people have in hand, opened in a browser; and what programs get there, which stays what it was.
import t from 'tap';
import { startGoodWorld } from '../../support/loop-api.ts';

const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

t.test('a browser finds the door at each address that it may have', async (t) => {
  const { url } = await startGoodWorld(t);
  for (const path of ['/', '/mcp', '/mcp/', '/sse']) {
    const answer = await fetch(url + path, { headers: { Accept: html } });
    t.equal(answer.status, 200, path);
    const text = await answer.text();
    t.match(text, /id="address">https:\/\/notes\.example\/mcp</);
    for (const way of ['/connect"', '/account"', 'href="/vault"']) t.match(text, way);
    t.notMatch(text, /Garden|garden\.md|>vault</, 'nothing of the vault');
    t.match(answer.headers.get('vary'), /Accept\b/);
  }
  const head = await fetch(`${url}/mcp`, { method: 'HEAD', headers: { Accept: html } });
  t.equal(head.status, 200);
});

t.test('programs get the bytes that they always got', async (t) => {
  const { url } = await startGoodWorld(t);
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, init);
    const headers = Object.fromEntries(answer.headers);
    for (const name of ['date', 'x-request-id']) delete headers[name];
    return { status: answer.status, headers, body: await answer.text() };
  };
  const challenge =
    'Bearer resource_metadata="https://notes.example/.well-known/oauth-protected-resource/mcp", scope="vault.read vault.write"';
  const unauthorized = {
    status: 401,
    headers: {
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=31536000',
      vary: 'Origin',
      'cache-control': 'no-store',
      'www-authenticate': challenge,
      'content-type': 'application/json; charset=utf-8',
      'content-length': '167',
      connection: 'keep-alive',
      'keep-alive': 'timeout=5',
    },
    body: '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"This needs an access token in the Authorization header","data":{"error":"unauthorized"}}}',
  };
  unauthorized.headers['content-length'] = String(unauthorized.body.length);
  for (const accept of [
    '*/*',
    'application/json',
    'text/event-stream',
    'application/json, text/event-stream',
    'application/json, text/html;q=0.5',
  ]) {
    t.same(await ask('/mcp', { headers: { Accept: accept } }), unauthorized, accept);
    const root = await ask('/', { headers: { Accept: accept } });
    t.equal(root.status, 404, accept);
    t.equal(root.body, '{"error":"not_found","error_description":"There is nothing at this address"}');
    t.equal(root.headers['vary'], undefined);
  }
  t.same(await ask('/mcp', { method: 'POST', headers: { Accept: html } }), unauthorized, 'POST');
  const withToken = await ask('/mcp', { headers: { Accept: html, Authorization: 'Bearer good' } });
  t.equal(withToken.status, 405);
  t.match(withToken.headers['content-type'], 'application/json');
});

t.test('a browser that asks for what is not there gets a page with ways on', async (t) => {
  const { url } = await startGoodWorld(t);
  const answer = await fetch(`${url}/nothing?lang=ko`, { headers: { Accept: html } });
  t.equal(answer.status, 404);
  const text = await answer.text();
  t.match(text, '<html lang="ko">');
  t.match(text, '/connect"');
  t.match((await fetch(`${url}/nothing`)).headers.get('content-type'), 'application/json');
});
