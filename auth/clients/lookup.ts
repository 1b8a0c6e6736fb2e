// The adapter for clients as the library sees it: stored clients, with what their documents and key sets add.
// The room: apps, however they came to be known. Not what a person allows them: people/; not answers: http/.
import { decodeJwt, decodeProtectedHeader } from 'jose';
import Provider, { type Adapter, type AdapterPayload, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { ClientDocumentStore } from '../../adapters/stores/client-documents.ts';
import type { ClientKeySetStore } from '../../adapters/stores/client-key-sets.ts';
import { refuseStranger } from '../too-many.ts';
import { wrapAdapter } from '../wrapped-adapter.ts';
import type { Admission } from './admission.ts';
import { checkAssertion } from './assertions.ts';
import { findSizeFault } from './bounded-json.ts';
import { isDocumentUrl } from './document.ts';
import { createClientDocuments } from './documents.ts';
import type { FetchJson } from './hosts/guarded-fetch.ts';
import { type ClientKeySets, createClientKeySets } from './key-sets.ts';
import { withGoodAddresses } from './metadata.ts';
import { type Registration, redirectRuleOf, takesDocuments } from './registration-settings.ts';

export interface ClientLookupParts {
  readonly store: ClientDocumentStore;
  /** Whether an operator made that client by hand. */
  readonly isSeeded: (clientId: string) => Promise<boolean>;
  readonly keySets: ClientKeySetStore;
  readonly fetchJson: FetchJson;
  readonly registration: Registration;
  readonly admission: Admission;
  /** Counts a request to a token route that names a client. */
  readonly admitCaller: (clientId: string) => Promise<void>;
  /** Told of a document that was read and taken over. */
  readonly onRead: (url: string) => void;
  /** Told of a document or key set that could not be read, or was no good, while an older copy did. */
  readonly onStale: (url: string, error: unknown) => void;
}

/**
 * `checkByLibrary` throws InvalidClientMetadata for what the library would not take.
 *
 * Only a person's authorization request reads a document; only a client that signs for itself has its keys read.
 * Everything else (refresh, introspection, revocation) goes by what is stored.
 */
export function createClientLookup(
  inner: Adapter,
  parts: ClientLookupParts,
  checkByLibrary: (metadata: AdapterPayload) => void,
): Adapter {
  const { registration, admission } = parts;
  const check = (metadata: AdapterPayload): void => {
    const fault = findSizeFault(metadata, mostBytes);
    if (fault) throw new errors.InvalidClientMetadata(fault);
    checkByLibrary(metadata);
  };
  const documents = createClientDocuments({
    ...parts,
    check,
    rule: redirectRuleOf(registration),
    isOpen: takesDocuments(registration),
    admit: admission.read,
    refuse,
  });
  const keySets = createClientKeySets({
    ...parts,
    store: parts.keySets,
    check: (keys) => check(signer(keys)),
    admit: admission.read,
    refuse,
  });
  const find = async (id: string): Promise<AdapterPayload | undefined> => {
    const client = await findStored(id);
    return client && withGoodAddresses(client);
  };
  const findStored = async (id: string): Promise<AdapterPayload | undefined> => {
    const oidc = Provider.ctx?.oidc;
    if (oidc && askingRoutes.has(oidc.route) && isDocumentUrl(id)) return documents.findForAuthorization(id);
    if (isCalling(oidc)) await parts.admitCaller(id);
    const client = await inner.find(id);
    return client ? fitToRequest(id, client, oidc) : undefined;
  };
  const fitToRequest = async (id: string, client: AdapterPayload, oidc: Oidc): Promise<AdapterPayload> => {
    if (oidc?.route === 'end_session') return (await parts.isSeeded(id)) ? client : withoutAfterwards(client);
    const assertion = oidc?.params?.['client_assertion'];
    if (typeof assertion !== 'string') return client;
    return withKeys(client, assertion, { keySets, isKnown: await admission.isKnown(id) });
  };
  return wrapAdapter(inner, {
    find,
    upsert: async (id, payload, expiresIn) => {
      await admission.register(payload);
      await inner.upsert(id, payload, expiresIn);
    },
  });
}

// As much as a key set may have when it is read (key-sets.ts), which is more than a document may.
const mostBytes = 16 * 1024;
/** Where a sign-in is asked for. */
const askingRoutes = new Set(['authorization', 'device_authorization']);
const tokenRoutes = new Set(['token', 'introspection', 'revocation']);

type Oidc = KoaContextWithOIDC['oidc'] | undefined;

/** Whether it is the caller who is looked for, and not the client of the token that is asked about. */
function isCalling(oidc: Oidc): boolean {
  return oidc !== undefined && tokenRoutes.has(oidc.route) && !oidc.client;
}

function refuse(waitSeconds: number): never {
  refuseStranger(Provider.ctx, waitSeconds, 'too many new apps');
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
  { keySets, isKnown }: { readonly keySets: ClientKeySets; readonly isKnown: boolean },
): Promise<AdapterPayload> {
  const { jwks_uri: uri, ...rest } = client;
  if (typeof uri !== 'string' || client['token_endpoint_auth_method'] !== 'private_key_jwt') return client;
  const asserted = readAssertion(assertion);
  if (!asserted || asserted.claims['sub'] !== client['client_id']) return client;
  // No host is asked for keys to an assertion that is refused whatever they are.
  checkAssertion(undefined, asserted.claims);
  const clientId = String(client['client_id']);
  const keys = await keySets.find({ clientId, uri, isKnown }, asserted.kid);
  return { ...rest, jwks: { keys } } as AdapterPayload;
}

interface Asserted {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly kid: string | undefined;
}

function readAssertion(assertion: string): Asserted | undefined {
  try {
    return { claims: decodeJwt(assertion), kid: decodeProtectedHeader(assertion).kid };
  } catch {
    return undefined;
  }
}
