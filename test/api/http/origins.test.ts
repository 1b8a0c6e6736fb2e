// api/http/origins.ts: which pages and under which names loop-api is called at all. Preflights: test/api/mcp/endpoint.test.ts.
import t from 'tap';
import { LIST_TOOLS, postMcp, sendRaw, startGoodWorld, startWorld } from '../../support/loop-api.ts';

const LOCAL = 'http://localhost:8082/mcp';
const paths = {
  guarded: ['/mcp', '/mcp/', '/sse', '/messages', '/api/list', '/api/notes/a.md'],
  open: ['/', '/openapi.json', '/notes/a.md', '/.well-known/oauth-protected-resource/mcp', '/unknown'],
};

t.test(
  'a resource on this machine is for its own names: another Host is 403, whatever else a page says',
  async (t) => {
    const { url, auth } = await startWorld(t, { API_RESOURCE: LOCAL });
    auth.addToken('good', LOCAL);
    for (const host of [
      'evil.example',
      'evil.example:8082',
      'localhost.evil.example',
      '127.0.0.1.nip.io:8082',
      '192.168.1.2',
    ]) {
      for (const path of [...paths.guarded, ...paths.open]) {
        const answer = await sendRaw(url + path, {
          headers: {
            host,
            authorization: 'Bearer good',
            origin: `http://${host}`,
            'sec-fetch-site': 'same-origin',
          },
        });
        t.equal(answer.status, 403, `${host} ${path}`);
        t.match(answer.headers['content-type'], /^application\/(problem\+)?json/);
        t.match(answer.body, '"forbidden_host"');
      }
    }
    t.equal(auth.introspections.length, 0, 'before any token is looked at');
  },
);

t.test('health is for containers and proxies, which have other names for it', async (t) => {
  const { url } = await startWorld(t, { API_RESOURCE: LOCAL });
  for (const host of ['loop-api:8082', '172.18.0.3:8082', 'evil.example']) {
    for (const path of ['/healthz', '/readyz']) {
      t.equal((await sendRaw(url + path, { headers: { host } })).status, 200, `${host} ${path}`);
    }
  }
});

t.test('behind a proxy, with a name of its own, any Host is served', async (t) => {
  const { url } = await startGoodWorld(t);
  for (const host of ['notes.example', 'loop_api', '127.0.0.1:8082', '%%%']) {
    const answer = await sendRaw(`${url}/mcp`, {
      method: 'POST',
      headers: { host, authorization: 'Bearer good', 'content-type': 'application/json' },
      body: JSON.stringify(LIST_TOOLS),
    });
    t.equal(answer.status, 200, host);
  }
});

t.test('Origin is compared wherever there is one, also where the browser calls it the same', async (t) => {
  const { url } = await startGoodWorld(t);
  for (const path of paths.guarded) {
    const answer = await sendRaw(url + path, {
      headers: { origin: 'https://evil.example', host: 'evil.example', 'sec-fetch-site': 'same-origin' },
    });
    t.equal(answer.status, 403, path);
    t.match(answer.body, '"forbidden_origin"');
    t.equal(answer.headers['access-control-allow-origin'], undefined);
  }
});

t.test('our own origin is known as browsers write it', async (t) => {
  const resource = 'https://NAS.example:443/mcp';
  const { url, auth } = await startWorld(t, { API_RESOURCE: resource });
  auth.addToken('good', resource);
  t.equal((await postMcp(url, 'good', LIST_TOOLS, { origin: 'https://nas.example' })).status, 200);
  t.equal((await postMcp(url, 'good', LIST_TOOLS, { origin: 'https://nas.example:444' })).status, 403);
});

t.test('every answer says that it depends on Origin, for caches between', async (t) => {
  const { url } = await startWorld(t);
  for (const origin of [undefined, 'https://notes.example', 'https://evil.example']) {
    for (const path of paths.guarded) {
      const answer = await sendRaw(url + path, { headers: origin === undefined ? {} : { origin } });
      t.match(answer.headers['vary'], /\bOrigin\b/, `${path} ${origin}`);
    }
  }
});
