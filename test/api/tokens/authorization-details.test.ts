// api/tokens/authorization-details.ts: what a grant narrows, read so that none gives more than it says.
import t from 'tap';
import { readNarrowing } from '../../../api/tokens/authorization-details.ts';
import type { ActiveToken } from '../../../api/tokens/introspection.ts';
import { createAudienceCheck, parseResourceIdentifiers } from '../../../api/tokens/resource-identifiers.ts';
import { createTokenVerifier, type Principal } from '../../../api/tokens/verifier.ts';

const resource = 'https://notes.example/mcp';
const isOwn = (location: string): boolean => [resource, 'https://notes.example/sse'].includes(location);
const detail = (more: Record<string, unknown> = {}) => ({
  type: 'vault',
  locations: [resource],
  actions: ['read', 'write'],
  ...more,
});
const read = (...details: unknown[]) => readNarrowing(details, isOwn);
const nothing = { readable: [], writable: [], isWriteWithheld: false };

t.test('folders are what is reached, and none of them is all of the vault', async (t) => {
  t.same(read(detail({ folders: ['Projects', 'Daily/2026'] })), {
    readable: ['Daily/2026', 'Projects'],
    writable: ['Daily/2026', 'Projects'],
    isWriteWithheld: false,
  });
  t.same(read(detail()), { readable: undefined, writable: undefined, isWriteWithheld: false });
  t.same(read(detail({ folders: [] })), nothing, 'an empty list is nothing');
  t.same(read(detail({ locations: ['https://notes.example/sse'], folders: ['A'] }))?.readable, ['A']);
  t.same(read(detail({ folders: ['회의록'.normalize('NFD')] }))?.readable, ['회의록'.normalize('NFC')]);
  t.same(read(detail({ folders: ['A/B', 'A', 'AB'] }))?.readable, ['A', 'AB'], 'one that lies in another');
});

t.test('no details of ours narrow nothing, and those of other types are left aside', async (t) => {
  t.equal(readNarrowing(undefined, isOwn), undefined);
  t.equal(read({ type: 'payment', folders: ['x'] }), undefined);
  t.same(read({ type: 'payment' }, detail({ folders: ['A'] }))?.readable, ['A']);
});

const strange: Record<string, unknown> = {
  'that are no list': { type: 'vault' },
  'that are null': null,
  'without a type': [{ folders: ['A'] }],
  'that are no object': ['vault'],
  'for another resource': [detail({ locations: ['https://other.example/mcp'] })],
  'for no resource': [detail({ locations: [] })],
  'without locations': [{ type: 'vault', actions: ['read'] }],
  'without actions': [{ type: 'vault', locations: [resource] }],
  'with actions that are no list': [detail({ actions: 'read' })],
  'with folders that are no list': [detail({ folders: 'A' })],
  'with folders that are null': [detail({ folders: null })],
  'with folders that are no text': [detail({ folders: ['A', 7] })],
  'with a folder above the vault': [detail({ folders: ['A/../B'] })],
  'with a folder by an absolute path': [detail({ folders: ['/A'] })],
  'with a folder of no name': [detail({ folders: ['A', ''] })],
  'with a folder of a name that is hidden': [detail({ folders: ['.obsidian'] })],
  'with a folder of a name with a backslash': [detail({ folders: ['A\\B'] })],
  'with a member that is not known': [detail({ tags: ['work'] })],
};

for (const [name, details] of Object.entries(strange)) {
  t.test(`details ${name} give nothing of the vault`, async (t) => {
    t.same(readNarrowing(details, isOwn), nothing);
  });
}

t.test('what one detail lets be read is not written by what another lets be written', async (t) => {
  t.same(
    read(detail({ actions: ['read'], folders: ['A'] }), detail({ actions: ['write'], folders: ['B'] })),
    { readable: ['A', 'B'], writable: ['B'], isWriteWithheld: false },
  );
  t.same(read(detail({ actions: ['read'] }), detail({ folders: ['B'] })), {
    readable: undefined,
    writable: ['B'],
    isWriteWithheld: false,
  });
  t.same(
    read(detail({ folders: ['A'] }), detail({ folders: ['..'] }))?.writable,
    ['A'],
    'what is not understood takes nothing from what is',
  );
  t.same(read(detail({ actions: ['admire'], folders: ['A'] })), nothing, 'an action that is not known');
});

const token: ActiveToken = {
  active: true,
  tokenType: 'Bearer',
  audience: [resource],
  issuer: 'https://auth.example',
  expiresAt: Math.floor(Date.now() / 1_000) + 60,
  subject: 'person',
  clientId: 'client',
  scopes: ['openid', 'vault.write'],
};

function principalOf(authorizationDetails: unknown, scopes: string[] = ['openid', 'vault.write']): Principal {
  const verify = createTokenVerifier({
    issuer: 'https://auth.example',
    isOwn: createAudienceCheck(parseResourceIdentifiers(resource)),
    introspect: () => ({ ...token, scopes, authorizationDetails }),
  });
  const judged = verify('token');
  if (!('outcome' in judged) || judged.outcome !== 'active') throw new Error('not active');
  return judged.principal;
}

t.test('a scope to write is worth nothing where the details let nothing be written', async (t) => {
  t.match(principalOf([detail({ actions: ['read'] })]), {
    scopes: ['openid', 'vault.read'],
    withheld: ['vault.write'],
  });
  t.match(principalOf([detail({ actions: ['read'], withheld: ['write'] })], ['vault.read']), {
    scopes: ['vault.read'],
    withheld: ['vault.write'],
  });
  t.notOk('withheld' in principalOf([detail({ actions: ['read'] })], ['vault.read']), 'never asked for');
  t.notOk('withheld' in principalOf([detail()]), 'given');
});

t.test('details that give all of the vault are as none', async (t) => {
  t.notOk('reach' in principalOf([detail()]));
  t.notOk('reach' in principalOf([detail({ actions: ['read'] })]));
  t.notOk('reach' in principalOf(undefined));
  t.same(principalOf([detail({ folders: ['A'] })]).reach, { readable: ['A'], writable: ['A'] });
  t.same(principalOf([detail({ folders: [] })]).reach, { readable: [], writable: [] });
});
