// api/tokens/verifier.ts: which active tokens are good here.
import t from 'tap';
import type { ActiveToken } from '../../../api/tokens/introspection.ts';
import { AuthorizationServerUnreachable } from '../../../api/tokens/introspection-errors.ts';
import { createAudienceCheck, parseResourceIdentifiers } from '../../../api/tokens/resource-identifiers.ts';
import { createTokenVerifier } from '../../../api/tokens/verifier.ts';

const issuer = 'https://auth.example';
const resources = parseResourceIdentifiers('https://notes.example/mcp');

const good: ActiveToken = {
  active: true,
  tokenType: 'Bearer',
  audience: ['https://notes.example/mcp'],
  issuer,
  expiresAt: Math.floor(Date.now() / 1_000) + 60,
  subject: 'person',
  clientId: 'client',
  scopes: ['vault.read'],
};

const verifyAnswer = (answer: ActiveToken, own = resources) =>
  createTokenVerifier({ issuer, isOwn: createAudienceCheck(own), introspect: () => Promise.resolve(answer) })(
    'token',
  );

t.test('a token for either of our two resources is good', async (t) => {
  t.same(await verifyAnswer(good), {
    outcome: 'active',
    principal: { subject: 'person', clientId: 'client', scopes: ['vault.read'], expiresAt: good.expiresAt },
  });
  t.match(await verifyAnswer({ ...good, audience: ['https://notes.example/sse'] }), { outcome: 'active' });
  t.match(await verifyAnswer({ ...good, audience: ['https://other.example', ...good.audience] }), {
    outcome: 'active',
  });
});

const bad: Record<string, Partial<ActiveToken>> = {
  'for another resource': { audience: ['https://other.example/mcp'] },
  'for a resource that differs by a slash': { audience: ['https://notes.example/mcp/'] },
  'for no resource': { audience: [] },
  'of another issuer': { issuer: 'https://auth.example/' },
  'of no issuer': { issuer: undefined },
  expired: { expiresAt: Math.floor(Date.now() / 1_000) - 1 },
  'without exp': { expiresAt: undefined },
  'of another type': { tokenType: 'DPoP' },
  'without subject': { subject: undefined },
};

for (const [name, change] of Object.entries(bad)) {
  t.test(`a token ${name} is not good`, async (t) => {
    t.match(await verifyAnswer({ ...good, ...change }), { outcome: 'inactive' });
  });
}

t.test('a resource on this machine goes by any of its names, and by no other', async (t) => {
  const own = parseResourceIdentifiers('http://localhost:8082/mcp');
  const outcomeOf = async (audience: string): Promise<string> =>
    (await verifyAnswer({ ...good, audience: [audience] }, own)).outcome;
  for (const audience of [
    ...['http://localhost:8082/mcp', 'http://127.0.0.1:8082/mcp', 'http://[::1]:8082/sse'],
    ...['http://LOCALHOST:8082/mcp', 'http://127.0.0.1:8082/mcp/'],
  ]) {
    t.equal(await outcomeOf(audience), 'active', audience);
  }
  for (const audience of [
    ...['http://127.0.0.1:8083/mcp', 'https://127.0.0.1:8082/mcp', 'http://127.0.0.1:8082/MCP'],
    ...[
      'http://127.0.0.1.evil.example:8082/mcp',
      'http://127.0.0.1:8082/mcp//',
      'http://x@localhost:8082/mcp',
    ],
    ...['http://192.168.0.2:8082/mcp', 'http://notes.example:8082/mcp'],
  ]) {
    t.equal(await outcomeOf(audience), 'inactive', audience);
  }
  const usual = parseResourceIdentifiers('http://localhost/mcp');
  t.match(await verifyAnswer({ ...good, audience: ['http://127.0.0.1:80/mcp'] }, usual), {
    outcome: 'active',
  });
  t.match(await verifyAnswer({ ...good, audience: ['http://localhost:8082/mcp'] }), { outcome: 'inactive' });
});

t.test('an outage is said to be one, and a bug of ours stays an exception', async (t) => {
  const failWith = (error: Error) =>
    createTokenVerifier({
      issuer,
      isOwn: createAudienceCheck(resources),
      introspect: () => Promise.reject(error),
    })('token');
  t.match(await failWith(new AuthorizationServerUnreachable('refused')), {
    outcome: 'unavailable',
    retryAfterSeconds: 1,
  });
  await t.rejects(async () => failWith(new TypeError('bug')), TypeError);
});
