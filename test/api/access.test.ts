// api/access.ts: what a call may use, when the part of the vault that its token reaches is late, or can't be opened.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { createAccess } from '../../api/access.ts';
import { Turns } from '../../api/answers/turns.ts';
import { createApp } from '../../api/app.ts';
import { parseConfig } from '../../api/config.ts';
import { createLogger } from '../../api/http/log.ts';
import { createMetrics } from '../../api/http/metrics.ts';
import { parseResourceIdentifiers } from '../../api/tokens/resource-identifiers.ts';
import { openVault, type Vault } from '../../api/vault/vault.ts';
import { callTool, LIST_TOOLS, makeVault, postMcp, RESOURCE, readJson } from '../support/loop-api.ts';

/** A service for one narrowed token, whose part of the vault is opened by `within`. */
async function start(t: Test, within: () => Promise<Vault>): Promise<{ url: string; log: string[] }> {
  const vault = await openVault({ directory: `${await makeVault(t)}/vault`, indexPath: ':memory:' });
  const log: string[] = [];
  const principal = { subject: 'a', clientId: 'b', scopes: ['vault.read'], expiresAt: Date.now() };
  const reach = { readable: ['A'], writable: [] };
  const app = createApp({
    config: parseConfig({
      AUTH_ISSUER: 'https://auth.example',
      API_CLIENT_SECRET: 'the secret of loop-api, 32 signs',
    }),
    resources: parseResourceIdentifiers(RESOURCE),
    vault,
    narrowed: { within },
    verify: () => ({ outcome: 'active', principal: { ...principal, reach } }),
    metrics: createMetrics(),
    logger: createLogger({ write: (line) => void log.push(line) }),
    isReady: () => true,
  });
  const server = createServer(app.express).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await app.close();
    await vault.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log };
}

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a', version: '1' } },
};

t.test('a client connects before its part of the vault can be asked, and only its calls wait', async (t) => {
  const opening = Promise.withResolvers<Vault>();
  let asked = 0;
  const { url } = await start(t, () => {
    asked += 1;
    return opening.promise;
  });
  t.match(await readJson(await postMcp(url, 'x', initialize)), { result: { serverInfo: {} } });
  t.ok(asked > 0, 'it is being opened from then on');
  t.match(await readJson(await postMcp(url, 'x', LIST_TOOLS)), { result: { tools: [{ name: 'search' }] } });
  let isAnswered = false;
  const call = postMcp(url, 'x', callTool('search', { query: 'apple' })).then((answer) => {
    isAnswered = true;
    return readJson(answer);
  });
  await readJson(await postMcp(url, 'x', LIST_TOOLS));
  t.notOk(isAnswered, 'not from the whole vault meanwhile');
  const part = await openVault({
    directory: `${await makeVault(t)}/vault`,
    indexPath: ':memory:',
    reach: { readable: [], writable: [] },
  });
  t.teardown(() => part.close());
  opening.resolve(part);
  t.same((await call).result.structuredContent, { results: [] });
});

t.test('a part that can not be opened fails its calls, and nothing of the whole is answered', async (t) => {
  const { url, log } = await start(t, () => Promise.reject(new Error('no room on the disk')));
  t.match(await readJson(await postMcp(url, 'x', initialize)), { result: { serverInfo: {} } });
  for (const [name, args] of [
    ['search', { query: 'apple' }],
    ['fetch', { id: 'garden.md' }],
    ['scan', {}],
  ] as const) {
    const { error } = await readJson(await postMcp(url, 'x', callTool(name, args)));
    t.match(error, { code: -32_603, message: /^The call failed/ }, name);
  }
  const headers = { authorization: 'Bearer x' };
  const rest = await fetch(`${url}/api/search?query=apple`, { headers });
  t.equal(rest.status, 500);
  t.notMatch(await rest.text(), /garden|disk/);
  t.match(log.join(''), 'no room on the disk');
});

t.test('a person’s pages have the vault that the token reaches, and no other', async (t) => {
  const [whole, part] = [{}, {}] as [Vault, Vault];
  const options = { vault: whole, noteUrl: (id: string) => id, turns: new Turns(1) };
  const { vaultFor } = createAccess({ ...options, narrowed: { within: async () => part } });
  const principal = { subject: 'a', clientId: 'b', scopes: ['vault.read'], expiresAt: 0 };
  t.equal(await vaultFor(principal), whole);
  t.equal(await vaultFor({ ...principal, reach: { readable: ['A'], writable: [] } }), part);
});
