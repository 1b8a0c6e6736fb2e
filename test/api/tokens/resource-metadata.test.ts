// api/tokens/resource-metadata.ts: RFC 9728 documents, byte for byte.
import t from 'tap';
import { LIST_TOOLS, readJson, sendRaw, startWorld } from '../../support/loop-api.ts';

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

const hostsOf = (port: string): string[] =>
  ['localhost', '127.0.0.1', '[::1]', 'LOCALHOST'].map((name) => name + port);

t.test(
  'a resource on this machine answers under each of its names as typed, with a slash or without',
  async (t) => {
    const { url, auth } = await startWorld(t, { API_RESOURCE: 'http://localhost:8082/mcp' });
    auth.addToken('good', 'http://localhost:8082/mcp');
    for (const host of hostsOf(':8082')) {
      for (const path of ['/mcp', '/mcp/', '/sse', '/sse/']) {
        const typed = `http://${host}${path}`;
        const challenged = await sendRaw(url + path, { method: 'POST', headers: { host } });
        t.equal(challenged.status, 401, typed);
        const [, address = ''] =
          /resource_metadata="(.+?)"/.exec(String(challenged.headers['www-authenticate'])) ?? [];
        t.equal(address, `http://${host}${WELL_KNOWN}${path}`);
        const document = await sendRaw(url + address.slice(`http://${host}`.length), { headers: { host } });
        t.equal(
          JSON.parse(document.body).resource,
          typed,
          'what the address was made from (RFC 9728 section 3.3)',
        );
      }
      const served = await sendRaw(`${url}/mcp/`, {
        method: 'POST',
        headers: { host, authorization: 'Bearer good', 'content-type': 'application/json' },
        body: JSON.stringify(LIST_TOOLS),
      });
      t.equal(served.status, 200, host);
      const root = await sendRaw(url + WELL_KNOWN, { headers: { host } });
      t.equal(JSON.parse(root.body).resource, `http://${host}/mcp`);
      const rest = await sendRaw(`${url}/api/list`, { headers: { host } });
      t.match(
        String(rest.headers['www-authenticate']),
        `resource_metadata="http://${host}${WELL_KNOWN}/mcp"`,
      );
    }
    for (const host of [...hostsOf(''), ...hostsOf(':80'), ...hostsOf(':18082')]) {
      const document = await sendRaw(`${url}${WELL_KNOWN}/mcp`, { headers: { host } });
      t.equal(JSON.parse(document.body).resource, 'http://localhost:8082/mcp', `${host} is another port`);
    }
  },
);

t.test('a slash behind the identifier is echoed for any resource; its name is not', async (t) => {
  const { url } = await startWorld(t, { API_RESOURCE: 'https://nas.example/loop/mcp' });
  for (const host of ['nas.example', 'NAS.example', 'localhost', '127.0.0.1']) {
    const resourceAt = async (form: string): Promise<unknown> =>
      JSON.parse((await sendRaw(url + WELL_KNOWN + form, { headers: { host } })).body).resource;
    t.equal(await resourceAt('/loop/mcp'), 'https://nas.example/loop/mcp');
    t.equal(await resourceAt('/loop/mcp/'), 'https://nas.example/loop/mcp/');
    t.equal(await resourceAt('/mcp/'), 'https://nas.example/loop/mcp/');
    t.equal(await resourceAt('/loop/sse/'), 'https://nas.example/loop/sse/');
    t.equal(await resourceAt('/'), 'https://nas.example/loop/mcp');
    const challenged = await sendRaw(`${url}/loop/mcp/`, { method: 'POST', headers: { host } });
    t.match(
      String(challenged.headers['www-authenticate']),
      `resource_metadata="https://nas.example${WELL_KNOWN}/loop/mcp/"`,
    );
  }
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
