// loop-api's rows of the contract's failure table, over HTTP.
import t from 'tap';
import { narrowTo } from '../../support/authorization-server.ts';
import {
  callTool,
  LIST_TOOLS,
  postMcp,
  postModern,
  RESOURCE,
  sendRaw,
  startWorld,
} from '../../support/loop-api.ts';

const METADATA = 'resource_metadata="https://notes.example/.well-known/oauth-protected-resource/mcp"';
/** Of all tools of a vault that can be written. */
const SCOPE = 'scope="vault.read vault.write"';

t.test('an empty POST without a token gets exactly 401, with a challenge that names no error', async (t) => {
  const { url } = await startWorld(t);
  const answer = await fetch(`${url}/mcp`, { method: 'POST' });
  t.equal(answer.status, 401);
  t.equal(answer.headers.get('www-authenticate'), `Bearer ${METADATA}, ${SCOPE}`);
  t.match(await answer.json(), { jsonrpc: '2.0', error: { code: -32_000 }, id: null });
});

t.test('the token is decided about before the body is read', async (t) => {
  const { url, auth } = await startWorld(t);
  const huge = 'x'.repeat(3_000_000);
  t.equal((await postMcp(url, undefined, huge)).status, 401);
  t.equal((await postMcp(url, 'unknown', '{', { 'content-type': 'text/plain' })).status, 401);
  auth.failure = 500;
  t.equal((await postMcp(url, 'other', huge)).status, 503);
});

t.test('a token that is unknown, expired or for another resource gets 401 invalid_token', async (t) => {
  const { url, auth } = await startWorld(t);
  auth.addToken('expired', RESOURCE, { exp: Math.floor(Date.now() / 1_000) - 1 });
  auth.addToken('elsewhere', 'https://other.example/mcp');
  for (const token of ['unknown', 'expired', 'elsewhere', 'eyJhbGciOiJub25lIn0.e30.c2ln', 'ü'.repeat(3)]) {
    const answer = await sendRaw(`${url}/mcp`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    t.equal(answer.status, 401, token);
    const challenge = String(answer.headers['www-authenticate']);
    t.ok(challenge.startsWith('Bearer error="invalid_token", error_description="'), challenge);
    t.ok(challenge.endsWith(`${METADATA}, ${SCOPE}`), challenge);
  }
});

t.test('a token that begins as those from which writing was withheld is not told of writing', async (t) => {
  const { url } = await startWorld(t);
  const answer = await postMcp(url, 'ro~over', LIST_TOOLS);
  t.equal(answer.status, 401);
  t.match(answer.headers.get('www-authenticate'), /^Bearer error="invalid_token".*, scope="vault\.read"$/);
});

t.test('a revoked token gets 401 once the cached answer is gone', async (t) => {
  const { url, auth } = await startWorld(t, { API_INTROSPECTION_CACHE_SECONDS: '0' });
  auth.addToken('good', RESOURCE);
  t.equal((await postMcp(url, 'good', LIST_TOOLS)).status, 200);
  auth.tokens.delete('good');
  t.equal((await postMcp(url, 'good', LIST_TOOLS)).status, 401);
});

t.test(
  'other schemes and an empty one count as no token; several words get 400 invalid_request',
  async (t) => {
    const { url } = await startWorld(t);
    for (const authorization of ['Basic YTpi', 'Bearer', 'Bearer ', 'good']) {
      const answer = await sendRaw(`${url}/mcp`, { method: 'POST', headers: { authorization } });
      t.equal(answer.status, 401, authorization);
      t.notMatch(String(answer.headers['www-authenticate']), /error=/);
    }
    const answer = await sendRaw(`${url}/mcp`, {
      method: 'POST',
      headers: { authorization: 'Bearer one two' },
    });
    t.equal(answer.status, 400);
    t.match(String(answer.headers['www-authenticate']), /error="invalid_request"/);
  },
);

t.test('a token in the query is no token', async (t) => {
  const { url, auth } = await startWorld(t);
  auth.addToken('good', RESOURCE);
  const answer = await fetch(`${url}/mcp?access_token=good`, { method: 'POST' });
  t.equal(answer.status, 401);
  t.equal(auth.introspections.length, 0);
});

t.test('the scheme is read without regard to case', async (t) => {
  const { url, auth } = await startWorld(t);
  auth.addToken('good', RESOURCE);
  t.equal((await postMcp(url, undefined, LIST_TOOLS, { authorization: 'bearer good' })).status, 200);
});

t.test('a token that may write may read: no tool is refused to it', async (t) => {
  const { url, auth } = await startWorld(t);
  auth.addToken('writer', RESOURCE, { scope: 'vault.write' });
  for (const name of ['search', 'fetch', 'list', 'scan']) {
    const answer = await postMcp(url, 'writer', callTool(name, { query: 'tree', id: 'garden.md' }));
    t.equal(answer.status, 200, name);
    t.match(await answer.json(), { result: { structuredContent: Object } }, name);
  }
  const made = await postMcp(url, 'writer', callTool('create_note', { path: 'new.md', text: 'x' }));
  t.match(await made.json(), { result: { structuredContent: { id: 'new.md' } } });
  t.equal((await postModern(url, 'writer', 'resources/list')).status, 200);
  const rest = await fetch(`${url}/api/notes/garden.md`, { headers: { authorization: 'Bearer writer' } });
  t.equal(rest.status, 200);
});

t.test(
  'a token without the scope gets 403 insufficient_scope with its own scopes and those of the operation',
  async (t) => {
    const { url, auth } = await startWorld(t);
    auth.addToken('reader', RESOURCE, { scope: 'openid vault.read offline_access' });
    auth.addToken('nobody', RESOURCE, { scope: 'openid' });
    auth.addToken('nothing', RESOURCE, { scope: undefined });
    auth.addToken('odd', RESOURCE, { scope: 'a"b c\\d é fine' });
    for (const [token, name, scope] of [
      ['reader', 'create_note', 'openid vault.read offline_access vault.write'],
      ['reader', 'delete_note', 'openid vault.read offline_access vault.write'],
      ['nobody', 'search', 'openid vault.read'],
      ['nothing', 'fetch', 'vault.read'],
      ['odd', 'list', 'fine vault.read'],
    ] as const) {
      const answer = await postMcp(url, token, callTool(name, { path: 'a.md', text: 'x' }));
      t.equal(answer.status, 403, name);
      const challenge = answer.headers.get('www-authenticate') ?? '';
      t.match(challenge, /^Bearer error="insufficient_scope", error_description="[^"]+", /);
      t.ok(challenge.endsWith(`${METADATA}, scope="${scope}"`), challenge);
      const result = { isError: true, _meta: { 'mcp/www_authenticate': [challenge] } };
      t.match(await answer.json(), { jsonrpc: '2.0', id: 7, result }, 'with the result that ChatGPT reads');
    }
    const batch = await postMcp(url, 'nobody', [LIST_TOOLS, callTool('list', {})]);
    t.equal(batch.status, 403, 'also inside a batch');
    t.match(await batch.json(), { error: { data: { error: 'insufficient_scope' } }, id: null });
    const rest = await fetch(`${url}/api/notes/garden.md?revision=x`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer reader' },
    });
    t.equal(rest.status, 403);
    t.match(rest.headers.get('www-authenticate'), /scope="openid vault\.read offline_access vault\.write"$/);
  },
);

t.test(
  'loop-auth refusing connections, silent or failing gives 503 with Retry-After, never 401',
  async (t) => {
    const { url, auth } = await startWorld(t);
    const expectUnavailable = async (name: string) => {
      const answer = await postMcp(url, `never-seen-${name}`, LIST_TOOLS);
      t.equal(answer.status, 503, name);
      t.match(answer.headers.get('retry-after'), /^[1-9]\d*$/, name);
      t.equal(answer.headers.get('www-authenticate'), null);
      t.match(await answer.json(), { jsonrpc: '2.0', error: { data: { error: 'temporarily_unavailable' } } });
    };
    for (const failure of ['hang', 'reset', 'garbage', 500, 401, 403, 404] as const) {
      auth.failure = failure;
      await expectUnavailable(String(failure));
    }
    await auth.stop();
    await expectUnavailable('refused');
  },
);

t.test('while loop-auth is away a token already checked keeps working, at once', async (t) => {
  const { url, auth } = await startWorld(t, { API_INTROSPECTION_CACHE_SECONDS: '0' });
  auth.addToken('good', RESOURCE);
  t.equal((await postMcp(url, 'good', LIST_TOOLS)).status, 200);
  auth.failure = 'hang';
  t.equal((await postMcp(url, 'good', LIST_TOOLS)).status, 200, 'the call that finds the outage waits');
  const startedAt = performance.now();
  const askedBefore = auth.introspections.length;
  for (let call = 0; call < 20; call += 1) {
    t.equal((await postMcp(url, 'good', LIST_TOOLS)).status, 200);
  }
  const asked = auth.introspections.length - askedBefore;
  // A call that waits puts a question of its own, which nobody answers.
  t.ok(asked < 10, `twenty calls don’t wait: ${asked} questions`);
  t.ok(asked <= (performance.now() - startedAt) / 1000 + 2, 'one probe a second');
});

t.test('when loop-auth comes back, tokens are asked for again', async (t) => {
  const { url, auth } = await startWorld(t, { API_INTROSPECTION_CACHE_SECONDS: '0' });
  auth.addToken('good', RESOURCE);
  await postMcp(url, 'good', LIST_TOOLS);
  await auth.stop();
  t.equal((await postMcp(url, 'good', LIST_TOOLS)).status, 200);
  await auth.start();
  auth.addToken('new', RESOURCE);
  t.equal((await postMcp(url, 'new', LIST_TOOLS)).status, 200, 'a token not yet seen works at once');
  auth.tokens.delete('good');
  t.equal((await postMcp(url, 'good', LIST_TOOLS)).status, 401, 'and a revoked one ends');
});

t.test('many parallel calls with one token ask loop-auth once', async (t) => {
  const { url, auth } = await startWorld(t);
  auth.addToken('good', RESOURCE);
  auth.delayMs = 50;
  const answers = await Promise.all(Array.from({ length: 30 }, () => postMcp(url, 'good', LIST_TOOLS)));
  t.ok(answers.every((answer) => answer.status === 200));
  t.equal(auth.introspections.length, 1);
});

t.test('no token, secret, query or note text is logged', async (t) => {
  const { url, auth, log } = await startWorld(t);
  auth.addToken('good-token-value', RESOURCE);
  await postMcp(url, 'good-token-value', callTool('search', { query: 'apple' }));
  await postMcp(url, 'good-token-value', callTool('fetch', { id: 'garden.md' }));
  await postMcp(url, 'bad-token-value', LIST_TOOLS);
  await fetch(`${url}/notes/projects/private.md`);
  auth.failure = 401;
  await postMcp(url, 'third-token-value', LIST_TOOLS);
  auth.failure = 'hang';
  await postMcp(url, 'fourth-token-value', LIST_TOOLS);
  await auth.stop();
  await postMcp(url, 'fifth-token-value', LIST_TOOLS);
  const text = JSON.stringify(log);
  t.notMatch(text, /token-value|api-secret|Basic |apple|garden|private/);
  t.match(text, /access tokens can not be judged/);
});

t.test(
  'what the person withheld is refused with the scopes that the token has, and never asked for again',
  async (t) => {
    const { url, auth } = await startWorld(t);
    const details = (more: object) => narrowTo(RESOURCE, undefined, { actions: ['read'], ...more });
    const tokens: Record<string, [string, object]> = {
      withheld: ['openid vault.read', { withheld: ['write'] }],
      narrowed: ['openid vault.read vault.write', {}],
    };
    for (const [token, [scope, more]] of Object.entries(tokens)) {
      auth.addToken(token, RESOURCE, { scope, authorization_details: details(more) });
      const answer = await postMcp(url, token, callTool('create_note', { path: 'x', text: 'x' }));
      t.equal(answer.status, 403, token);
      const challenge = answer.headers.get('www-authenticate') ?? '';
      t.match(challenge, 'error="insufficient_scope"');
      t.match(challenge, 'scope="openid vault.read"');
      t.notMatch(challenge, 'vault.write');
      t.match(JSON.stringify(await answer.json()), 'The person allowed reading only');
      const rest = await fetch(`${url}/api/notes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
      t.equal(rest.status, 403);
      t.notMatch(rest.headers.get('www-authenticate'), 'vault.write');
      t.match(await rest.json(), { error: 'insufficient_scope', detail: /^The person allowed reading only/ });
    }
    auth.addToken('modest', RESOURCE, { scope: 'vault.read', authorization_details: details({}) });
    const modest = await postMcp(url, 'modest', callTool('create_note', { path: 'x', text: 'x' }));
    t.match(
      modest.headers.get('www-authenticate'),
      'scope="vault.read vault.write"',
      'never asked for: it may be',
    );
  },
);
