// Notes as MCP resources, over HTTP and through a client.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import t from 'tap';
import {
  makeVault,
  postMcp,
  postModern,
  RESOURCE,
  readJson,
  startGoodWorld,
} from '../../support/loop-api.ts';

t.test('a client lists the notes, and reads each by its address', async (t) => {
  const { url } = await startGoodWorld(t);
  const client = new ModernClient(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  await client.connect(
    new ModernTransport(new URL(`${url}/mcp`), {
      requestInit: { headers: { authorization: 'Bearer good' } },
    }),
  );
  t.teardown(() => client.close());
  const { resources } = await client.listResources();
  t.same(resources.map(({ name }) => name).sort(), ['garden.md', 'projects/loop.md', '한국어/인증.md']);
  const korean = resources.find(({ name }) => name === '한국어/인증.md');
  t.match(korean, { title: '인증', mimeType: 'text/markdown', size: Number });
  t.match(korean?.uri, /^vault:\/\/\/%ED[%\w]+\/%EC[%\w]+\.md$/);
  for (const { uri, name } of resources) {
    const { contents } = await client.readResource({ uri });
    t.match(contents, [{ uri, mimeType: 'text/markdown', text: /^# / }], name);
  }
  const { resourceTemplates } = await client.listResourceTemplates();
  t.match(resourceTemplates, [{ uriTemplate: 'vault:///{+path}' }]);
  await t.rejects(client.readResource({ uri: 'vault:///nowhere.md' }), { code: -32_602 });
});

t.test('the list is paged, in one order, and private', async (t) => {
  const folder = await makeVault(t);
  await mkdir(join(folder, 'vault', 'many'));
  for (let n = 0; n < 120; n += 1) await writeFile(join(folder, 'vault', 'many', `${n}.md`), `note ${n}`);
  const { url } = await startGoodWorld(t, { API_VAULT_DIR: join(folder, 'vault') });
  const list = async (params: Record<string, unknown>) =>
    (await readJson(await postModern(url, 'good', 'resources/list', params))).result;
  const first = await list({});
  t.same([first.resources.length, first.cacheScope], [100, 'private']);
  const second = await list({ cursor: first.nextCursor });
  t.same([second.resources.length, second.nextCursor], [23, undefined]);
  const names = [...first.resources, ...second.resources].map(({ name }) => name);
  t.equal(new Set(names).size, 123);
  t.same((await list({})).resources, first.resources, 'always in this order');
  const { result } = await readJson(
    await postModern(url, 'good', 'resources/read', { uri: 'vault:///garden.md' }),
  );
  t.match(result, { cacheScope: 'private', contents: [{ text: /apple/ }] });
  const bad = await readJson(await postModern(url, 'good', 'resources/list', { cursor: 'made-up' }));
  t.match(bad.error, { code: -32_602, message: /cursor is not valid/ });
});

t.test('no address leads out of the vault or to what is hidden', async (t) => {
  const { url } = await startGoodWorld(t);
  for (const uri of [
    ...[
      'vault:///../index.db',
      'vault:///%2e%2e/index.db',
      'vault:////etc/passwd',
      'vault:///.obsidian/app.md',
    ],
    ...['file:///etc/passwd', 'vault://garden.md', 'vault:///%ff', 'vault:///projects'],
  ]) {
    const answer = await readJson(
      await postMcp(url, 'good', { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri } }),
    );
    t.match(answer.error, { data: { uri } }, uri);
  }
});

t.test('a token that may not read gets 403, with an error that belongs to the request', async (t) => {
  const { url, auth } = await startGoodWorld(t);
  auth.addToken('nobody', RESOURCE, { scope: 'openid' });
  for (const method of ['resources/list', 'resources/read']) {
    const answer = await postMcp(url, 'nobody', {
      jsonrpc: '2.0',
      id: 5,
      method,
      params: { uri: 'vault:///garden.md' },
    });
    t.equal(answer.status, 403, method);
    t.match(
      answer.headers.get('www-authenticate'),
      /error="insufficient_scope".*scope="openid vault\.read"$/,
    );
    t.match(await readJson(answer), { id: 5, error: { data: { error: 'insufficient_scope' } } });
  }
});
