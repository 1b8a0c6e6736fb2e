// api/tokens/introspection.ts and api/tokens/discovery.ts against a real HTTP server that answers well and badly.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseConfig } from '../../../api/config.ts';
import { type Introspector, openIntrospector } from '../../../api/tokens/introspection.ts';
import {
  AuthorizationServerUnreachable,
  IntrospectionFailed,
} from '../../../api/tokens/introspection-errors.ts';
import { FakeAuthorizationServer } from '../../support/authorization-server.ts';

interface Wire {
  auth: FakeAuthorizationServer;
  introspector: Introspector;
}

async function openWire(
  t: Test,
  settings: Record<string, string> = {},
  prepare: (auth: FakeAuthorizationServer) => void = () => {},
): Promise<Wire> {
  const auth = new FakeAuthorizationServer();
  prepare(auth);
  await auth.start();
  const config = parseConfig({ AUTH_ISSUER: auth.issuer, API_CLIENT_SECRET: 'api-secret', ...settings });
  const introspector = openIntrospector({ ...config, timeoutMs: 300 });
  t.teardown(() => Promise.all([introspector.close(), auth.stop()]));
  return { auth, introspector };
}

t.test('an active answer is read into our words', async (t) => {
  const { auth, introspector } = await openWire(t);
  auth.addToken('good', 'https://notes.example/mcp', { exp: 2_000_000_000 });
  t.same(await introspector.introspect('good'), {
    active: true,
    tokenType: 'Bearer',
    audience: ['https://notes.example/mcp'],
    issuer: auth.issuer,
    expiresAt: 2_000_000_000,
    subject: 'person-1',
    clientId: 'client-1',
    scopes: ['openid', 'vault.read'],
  });
  t.same(await introspector.introspect('unknown'), { active: false });
});

t.test('names are as long as they may be, and no name is none', async (t) => {
  const { auth, introspector } = await openWire(t);
  const names = { client_name: `${'가'.repeat(300)}`, username: '' };
  auth.addToken('named', 'https://notes.example/mcp', names);
  const answer = await introspector.introspect('named');
  t.match(answer, { clientName: '가'.repeat(200) });
  t.notOk('username' in answer);
});

t.test('the request is what RFC 7662 and RFC 6749 ask for', async (t) => {
  const { auth, introspector } = await openWire(t, {
    API_CLIENT_ID: 'loop api',
    API_CLIENT_SECRET: 'a:b+c%',
  });
  await introspector.introspect('good');
  const [request] = auth.introspections;
  t.equal(request?.contentType, 'application/x-www-form-urlencoded');
  t.same(Object.fromEntries(request?.form ?? []), { token: 'good', token_type_hint: 'access_token' });
  const basic = Buffer.from(request?.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
  t.equal(basic, 'loop+api:a%3Ab%2Bc%25', 'both halves form-urlencoded');
});

t.test('kept-alive connections and one discovery serve many calls', async (t) => {
  const { auth, introspector } = await openWire(t);
  for (let call = 0; call < 20; call += 1) await introspector.introspect(`token-${call}`);
  // the pool may open a second one while it puts the first away
  t.ok(new Set(auth.introspections.map((request) => request.remotePort)).size <= 2);
  t.equal(auth.discoveries.length, 1);
});

t.test('a kept-alive connection that loop-auth closed is no outage', async (t) => {
  const { auth, introspector } = await openWire(t);
  auth.addToken('good', 'r');
  await introspector.introspect('good');
  await auth.stop();
  await auth.start();
  t.match(await introspector.introspect('good'), { active: true });
});

t.test('what no opaque token can be is inactive without a question', async (t) => {
  const { auth, introspector } = await openWire(t);
  for (const token of ['with space', 'ünknown', '"quoted"', 'a'.repeat(513), '=']) {
    t.same(await introspector.introspect(token), { active: false }, token.slice(0, 20));
  }
  t.equal(auth.introspections.length, 0);
});

t.test('a JWT, which loop-auth refuses to look at, is inactive and no outage', async (t) => {
  const { introspector } = await openWire(t);
  t.same(await introspector.introspect('eyJhbGciOiJub25lIn0.e30.c2ln'), { active: false });
});

t.test('refused, silent, cut off and 5xx are an outage', async (t) => {
  const { auth, introspector } = await openWire(t);
  await introspector.introspect('a');
  for (const failure of ['hang', 'reset', 500] as const) {
    auth.failure = failure;
    await t.rejects(introspector.introspect('a'), AuthorizationServerUnreachable, String(failure));
  }
  await auth.stop();
  await t.rejects(introspector.introspect('a'), AuthorizationServerUnreachable, 'refused');
});

t.test('the time limit holds for discovery and introspection together', async (t) => {
  const { auth, introspector } = await openWire(t);
  // Each within the 300 ms, both together beyond them.
  auth.describeDelayMs = 200;
  auth.delayMs = 200;
  await t.rejects(introspector.introspect('a'), AuthorizationServerUnreachable);
});

t.test('answers that make no sense are failures of ours, not an inactive token', async (t) => {
  const { auth, introspector } = await openWire(t);
  for (const failure of ['garbage', 401, 403, 404] as const) {
    auth.failure = failure;
    await t.rejects(introspector.introspect('a'), IntrospectionFailed, String(failure));
  }
  auth.failure = undefined;
  for (const answer of [{}, { active: 'true' }, { active: true, exp: 'soon' }]) {
    auth.tokens.set('odd', answer);
    await t.rejects(introspector.introspect('odd'), IntrospectionFailed, JSON.stringify(answer));
  }
});

t.test('an answer larger than any honest one is given up, not read', async (t) => {
  const { auth, introspector } = await openWire(t);
  auth.addToken('large', 'r', { scope: `vault.read ${'x'.repeat(300_000)}` });
  auth.addToken('usual', 'r', { scope: `vault.read ${'x'.repeat(10_000)}` });
  await t.rejects(introspector.introspect('large'), AuthorizationServerUnreachable);
  t.match(await introspector.introspect('usual'), { active: true });
  const other = await openWire(t);
  other.auth.metadata = { service_documentation: 'x'.repeat(300_000) };
  await t.rejects(other.introspector.introspect('usual'), AuthorizationServerUnreachable, 'the metadata too');
  t.equal(other.auth.introspections.length, 0);
});

t.test('a secret that was refused is not sent a second time with the same question', async (t) => {
  const { auth, introspector } = await openWire(t);
  auth.secret = 'another';
  for (let call = 1; call <= 3; call += 1) {
    await t.rejects(introspector.introspect('a'), IntrospectionFailed);
    t.equal(auth.introspections.length, call);
  }
});

t.test('where the endpoint is gone it is looked up again, and found where it moved', async (t) => {
  for (const [failure, looksAgain] of [
    [404, true],
    [405, true],
    [403, false],
    [500, false],
  ] as const) {
    const { auth, introspector } = await openWire(t);
    t.same(await introspector.introspect('a'), { active: false });
    auth.failure = failure;
    await t.rejects(introspector.introspect('a'), String(failure));
    auth.failure = undefined;
    auth.metadata = { introspection_endpoint: `${auth.issuer}/moved/token/introspection` };
    t.same(await introspector.introspect('a'), { active: false });
    t.equal(auth.discoveries.length, looksAgain ? 2 : 1, `after ${failure}`);
    t.equal(auth.introspections.at(-1)?.path, `${looksAgain ? '/moved' : ''}/token/introspection`);
  }
});

t.test('the secret file is read again when loop-auth answers 401', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-api-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'secret');
  const { auth, introspector } = await openWire(t, { API_CLIENT_SECRET: '', API_CLIENT_SECRET_FILE: path });
  auth.secret = 'first';
  await t.rejects(introspector.introspect('a'), IntrospectionFailed, 'there is no file yet');
  writeFileSync(path, 'first\n');
  t.same(await introspector.introspect('a'), { active: false });
  auth.secret = 'second';
  await t.rejects(introspector.introspect('a'), IntrospectionFailed, 'the file is not there yet');
  writeFileSync(path, 'second\n');
  const askedBefore = auth.introspections.length;
  t.same(await introspector.introspect('a'), { active: false });
  t.equal(auth.introspections.length - askedBefore, 2, 'once with the old secret, once with the new one');
});

t.test('discovery follows the order of MCP for an issuer with a path, under API_AUTH_URL', async (t) => {
  const { auth } = await openWire(t);
  const issuer = 'https://nas.example/auth';
  auth.metadata = { issuer, introspection_endpoint: `${issuer}/token/introspection` };
  const introspector = openIntrospector(
    parseConfig({
      AUTH_ISSUER: issuer,
      API_AUTH_URL: `http://127.0.0.1:${auth.port}`,
      API_CLIENT_SECRET: 'api-secret',
    }),
  );
  t.teardown(() => introspector.close());
  const order = [
    '/.well-known/oauth-authorization-server/auth',
    '/.well-known/openid-configuration/auth',
    '/auth/.well-known/openid-configuration',
  ];
  auth.metadataPaths = [];
  await t.rejects(introspector.introspect('a'), IntrospectionFailed);
  t.same(auth.discoveries, order);
  auth.metadataPaths = order.slice(2);
  t.same(await introspector.introspect('a'), { active: false }, 'found, and asked at our origin');
});

t.test('metadata of another issuer is refused, byte for byte', async (t) => {
  const { auth, introspector } = await openWire(t);
  auth.metadata = { issuer: `${auth.issuer}/` };
  await t.rejects(introspector.introspect('a'), /calls itself .* but AUTH_ISSUER is/);
  t.equal(auth.introspections.length, 0, 'our secret is not sent');
  auth.metadata = {};
  t.same(await introspector.introspect('a'), { active: false }, 'and looked for again');
});
