// api/tokens/resource-metadata.ts: RFC 9728 documents, byte for byte.
import t from 'tap';
import { readJson, sendRaw, startWorld } from '../../support/loop-api.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

t.test('each form names its own identifier, exactly as configured', async (t) => {
  const { url, auth } = await startWorld(t);
  for (const [form, resource] of [
    ['', 'https://notes.example/mcp'],
    ['/mcp', 'https://notes.example/mcp'],
    ['/sse', 'https://notes.example/sse'],
  ]) {
    const answer = await fetch(url + WELL_KNOWN + form);
    t.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    t.same(await answer.json(), {
      resource,
      authorization_servers: [auth.issuer],
      scopes_supported: ['vault.read', 'vault.write'],
      bearer_methods_supported: ['header'],
      resource_name: 'loop vault',
    });
  }
});

t.test('nothing is normalised: case, port and a missing slash stay', async (t) => {
  const resource = 'https://NAS.example:443/Loop%2d1/mcp';
  const issuer = 'https://Auth.example:443';
  const { url } = await startWorld(t, { API_RESOURCE: resource, AUTH_ISSUER: issuer });
  for (const form of ['', '/mcp', '/Loop%2d1/mcp']) {
    const body = await (await fetch(url + WELL_KNOWN + form)).text();
    t.match(body, `"resource":"${resource}","authorization_servers":["${issuer}"]`);
  }
  const sibling = await readJson(await fetch(`${url + WELL_KNOWN}/Loop%2d1/sse`));
  t.equal(sibling.resource, 'https://NAS.example:443/Loop%2d1/sse');
  const challenge = (await fetch(`${url}/mcp`, { method: 'POST' })).headers.get('www-authenticate');
  t.match(challenge, `resource_metadata="https://NAS.example:443${WELL_KNOWN}/Loop%2d1/mcp"`);
});

t.test('a proxy may pass the prefix of the resource on or take it off', async (t) => {
  const { url } = await startWorld(t, { API_RESOURCE: 'https://nas.example/loop/mcp' });
  for (const path of ['/mcp', '/loop/mcp'])
    t.equal((await fetch(url + path, { method: 'POST' })).status, 401);
  t.equal((await fetch(`${url}/loop/readyz`)).status, 200);
});

t.test('hostile Host and X-Forwarded headers change nothing', async (t) => {
  const { url } = await startWorld(t);
  const expected = await (await fetch(url + WELL_KNOWN)).text();
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'http',
    forwarded: 'host=evil.example',
  };
  const metadata = await sendRaw(url + WELL_KNOWN, { headers });
  t.equal(metadata.body, expected);
  const refused = await sendRaw(`${url}/mcp`, { method: 'POST', headers });
  t.notMatch(JSON.stringify(refused), /evil/);
});

t.test('any page may read it, also when it asks first with MCP-Protocol-Version', async (t) => {
  const { url } = await startWorld(t);
  const preflight = await fetch(`${url + WELL_KNOWN}/mcp`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://inspector.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'mcp-protocol-version',
    },
  });
  t.equal(preflight.status, 204);
  t.equal(preflight.headers.get('access-control-allow-origin'), '*');
  t.match(preflight.headers.get('access-control-allow-headers'), /MCP-Protocol-Version/);
  const answer = await fetch(`${url + WELL_KNOWN}/mcp`, { headers: { origin: 'https://inspector.example' } });
  t.equal(answer.headers.get('access-control-allow-origin'), '*');
});

t.test('other forms are 404 and other methods 405, in JSON', async (t) => {
  const { url } = await startWorld(t);
  const missing = await fetch(`${url + WELL_KNOWN}/other`);
  t.equal(missing.status, 404);
  t.match(await missing.json(), { error: 'not_found' });
  const posted = await fetch(url + WELL_KNOWN, { method: 'POST' });
  t.equal(posted.status, 405);
  t.equal(posted.headers.get('allow'), 'GET, HEAD, OPTIONS');
});
