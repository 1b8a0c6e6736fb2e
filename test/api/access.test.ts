// api/access.ts: what a call may use, when the part of the vault that its token reaches is late, or can't be opened.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { createAccess } from '../../api/access.ts';
import { createApp } from '../../api/app.ts';
import { parseConfig } from '../../api/config.ts';
import { createLogger } from '../../api/http/log.ts';
import { createMetrics } from '../../api/http/metrics.ts';
import { Turns } from '../../api/sharing/turns.ts';
import { parseResourceIdentifiers } from '../../api/tokens/resource-identifiers.ts';
import type { Principal } from '../../api/tokens/verifier.ts';
import type { Cause } from '../../api/vault/changes/cause.ts';
import { openVault, type Vault } from '../../api/vault/vault.ts';
import { openEventStream } from '../support/event-stream.ts';
import {
  callTool,
  LIST_TOOLS,
  makeVault,
  postMcp,
  postModern,
  RESOURCE,
  readJson,
} from '../support/loop-api.ts';

/** A service for one narrowed token, whose part of the vault is opened by `within`. */
async function start(t: Test, within: () => Promise<Vault>): Promise<{ url: string; log: string[] }> {
  const principal = { subject: 'a', clientId: 'b', scopes: ['vault.read'], expiresAt: Date.now() };
  const vault = await openVault({ directory: `${await makeVault(t)}/vault`, indexPath: ':memory:' });
  return serve(t, { ...principal, reach: { readable: ['A'], writable: [] } }, { vault, within });
}

async function serve(
  t: Test,
  principal: Principal,
  { vault, within }: { vault: Vault; within: () => Promise<Vault> },
): Promise<{ url: string; log: string[] }> {
  const log: string[] = [];
  const app = createApp({
    config: parseConfig({
      AUTH_ISSUER: 'https://auth.example',
      API_CLIENT_SECRET: 'the secret of loop-api, 32 signs',
    }),
    resources: parseResourceIdentifiers(RESOURCE),
    vault,
    narrowed: { within },
    verify: () => ({ outcome: 'active', principal }),
    metrics: createMetrics(),
    logger: createLogger({ write: (line) => void log.push(line) }),
    noteCall: () => {},
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

t.test('who changes a note is known to the vault, whichever way the call came', async (t) => {
  const vault = await openVault({ directory: `${await makeVault(t)}/vault`, indexPath: ':memory:' });
  const { writerFor } = vault;
  const causes: Cause[] = [];
  Object.assign(vault, {
    writerFor: (cause: Cause) => {
      causes.push(cause);
      return writerFor?.(cause);
    },
  });
  const principal = {
    ...{ subject: 'p', username: 'ann', clientId: 'c', clientName: 'An app' },
    ...{ scopes: ['vault.write'], expiresAt: Date.now() },
  };
  const cause = { client: { id: 'c', name: 'An app' }, account: { id: 'p', name: 'ann' } };
  const append = (text: string) => callTool('append_to_note', { id: 'garden.md', text });
  for (const reach of [undefined, { readable: [], writable: [] }]) {
    const named = reach === undefined ? principal : { ...principal, reach };
    const { url } = await serve(t, named, { vault, within: () => Promise.resolve(vault) });
    causes.length = 0;
    await postMcp(url, 'x', append('plainly'));
    await postModern(url, 'x', 'tools/call', append('in the newer revision').params);
    await fetch(`${url}/api/notes/garden.md/append`, {
      method: 'POST',
      headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'by REST' }),
    });
    const stream = await openEventStream(t, url, 'x');
    await stream.post(append('by the older transport'));
    await stream.message();
    t.same(causes, [cause, cause, cause, cause], reach ? 'a part' : 'all of the vault');
  }
});
