// The adapter for clients as the library sees it: stored clients, with what their documents and key sets add.
// The room: apps, however they came to be known. Not what a person allows them: people/; not answers: http/.
import { decodeJwt, decodeProtectedHeader } from 'jose';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import type { ClientDocumentStore } from '../../adapters/stores/client-documents.ts';
import { wrapAdapter } from '../wrapped-adapter.ts';
import { isDocumentUrl } from './document.ts';
import { createClientDocuments } from './documents.ts';
import type { FetchJson } from './hosts/guarded-fetch.ts';
import { type ClientKeySets, createClientKeySets } from './key-sets.ts';
import { type Registration, redirectRuleOf, takesDocuments } from './registration-settings.ts';

/** Counts a document that was never read before; resolves to the seconds to wait where there were too many. */
export type DocumentLimit = (address: unknown) => Promise<number | undefined>;

export interface ClientLookupParts {
  readonly store: ClientDocumentStore;
  /** Whether an operator made that client by hand. */
  readonly isSeeded: (clientId: string) => Promise<boolean>;
  readonly fetchJson: FetchJson;
  readonly registration: Registration;
  readonly documentLimit: DocumentLimit;
  /** Told of a document or key set that could not be read, or was no good, while an older copy did. */
  readonly onStale: (url: string, error: unknown) => void;
}

/**
 * `check` throws InvalidClientMetadata for what the library would not take.
 *
 * Only a person's authorization request reads a document; only a client that signs for itself has its keys read.
 * Everything else (refresh, introspection, revocation) goes by what is stored.
 */
export function createClientLookup(
  inner: Adapter,
  { store, isSeeded, fetchJson, registration, documentLimit, onStale }: ClientLookupParts,
  check: (metadata: AdapterPayload) => void,
): Adapter {
  const documents = createClientDocuments({
    store,
    fetchJson,
    onStale,
    check,
    rule: redirectRuleOf(registration),
    isOpen: takesDocuments(registration),
    admit: () => admit(documentLimit),
  });
  const keySets = createClientKeySets({ store, fetchJson, onStale, check: (keys) => check(signer(keys)) });
  const find = async (id: string): Promise<AdapterPayload | undefined> => {
    const oidc = Provider.ctx?.oidc;
    if (oidc?.route === 'authorization' && isDocumentUrl(id)) return documents.findForAuthorization(id);
    const client = (await inner.find(id)) || undefined;
    if (oidc?.route === 'end_session' && client && !(await isSeeded(id))) return withoutAfterwards(client);
    const assertion = oidc?.params?.['client_assertion'];
    return client && typeof assertion === 'string' ? withKeys(client, assertion, keySets) : client;
  };
  return wrapAdapter(inner, { find });
}

async function admit(limit: DocumentLimit): Promise<void> {
  const { ctx } = Provider;
  const wait = await limit(ctx?.state['address']);
  if (wait === undefined) return;
  ctx?.set('Retry-After', String(wait));
  ctx?.throw(429, `too many new apps; try again in ${wait} seconds`);
}

/** Rows that are older than the rule that only an operator says where people go after signing out. */
function withoutAfterwards({ post_logout_redirect_uris: _, ...client }: AdapterPayload): AdapterPayload {
  return client;
}

/** A client that has these keys, for the library to judge them by. */
function signer(keys: readonly Record<string, unknown>[]): AdapterPayload {
  return {
    client_id: 'a signer',
    redirect_uris: ['https://client.invalid/'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys },
  } as AdapterPayload;
}

/**
 * With the keys in the client's own metadata the library fetches none: its fetch keeps nothing for the day the host is
 * away, does not look again for a new key within a minute, and answers invalid_client when it fails.
 */
async function withKeys(
  client: AdapterPayload,
  assertion: string,
  keySets: ClientKeySets,
): Promise<AdapterPayload> {
  const { jwks_uri: uri, ...rest } = client;
  if (typeof uri !== 'string' || client['token_endpoint_auth_method'] !== 'private_key_jwt') return client;
  const asserted = readAssertion(assertion);
  if (asserted?.subject !== client['client_id']) return client;
  const keys = await keySets.find(uri, asserted?.kid);
  return { ...rest, jwks: { keys } } as AdapterPayload;
}

function readAssertion(assertion: string): { subject: unknown; kid: string | undefined } | undefined {
  try {
    return { subject: decodeJwt(assertion).sub, kid: decodeProtectedHeader(assertion).kid };
  } catch {
    return undefined;
  }
}
