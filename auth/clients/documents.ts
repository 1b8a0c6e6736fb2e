// Clients by metadata document: the stored copy, read again when it is no longer fresh, outlives its host (docs/decisions).
import { type AdapterPayload, errors } from 'oidc-provider';
import { epochSeconds } from '../../adapters/database/time.ts';
import type { ClientDocumentStore, StoredDocument } from '../../adapters/stores/client-documents.ts';
import { parseClientDocument } from './document.ts';
import { freshUntil, isFresh } from './hosts/freshness.ts';
import { FetchFailed, type FetchJson } from './hosts/guarded-fetch.ts';
import { HostUnavailable } from './hosts/host-unavailable.ts';
import { createRecentFailures } from './hosts/recent-failures.ts';
import { findKnownDocument } from './known.ts';
import type { AddressRule } from './redirects/addresses.ts';

export interface ClientDocumentsParts {
  readonly store: ClientDocumentStore;
  readonly fetchJson: FetchJson;
  readonly rule: AddressRule;
  /** False where no client may describe itself: those that are known stay, none is read again. */
  readonly isOpen: boolean;
  /** Throws InvalidClientMetadata for metadata that the library would not take. */
  readonly check: (metadata: AdapterPayload) => void;
  readonly onRead: (url: string) => void;
  readonly onStale: (url: string, error: unknown) => void;
  /** Counts a reading; resolves to the seconds to wait where there were too many. */
  readonly admit: (url: string) => Promise<number | undefined>;
  /** Throws what says to wait. */
  readonly refuse: (waitSeconds: number) => never;
}

export interface ClientDocuments {
  /**
   * The client at that URL, for an authorization request. Throws HostUnavailable or InvalidClientMetadata only where
   * no copy was ever stored; undefined where documents are not accepted.
   */
  readonly findForAuthorization: (id: string) => Promise<AdapterPayload | undefined>;
}

// The draft's own limit for a document (draft-ietf-oauth-client-id-metadata-document section 6.6).
const mostBytes = 5 * 1024;
export function createClientDocuments(parts: ClientDocumentsParts): ClientDocuments {
  const { store } = parts;
  const failures = createRecentFailures(isTheirs);
  const underWay = new Map<string, Promise<AdapterPayload>>();
  const readOnce = (id: string): Promise<AdapterPayload> => {
    const reading = underWay.get(id) ?? read(parts, id).finally(() => underWay.delete(id));
    underWay.set(id, reading);
    return reading;
  };
  return {
    findForAuthorization: async (id) => {
      const stored = await store.find(id);
      if (!parts.isOpen || (stored && isFresh(stored))) return stored?.metadata;
      try {
        return await failures.unlessRecent(id, async () => {
          const wait = await parts.admit(id);
          if (wait === undefined) return readOnce(id);
          // A copy that is no longer fresh is better than none; strangers can't keep an app out that was here before.
          return stored?.metadata ?? parts.refuse(wait);
        });
      } catch (error) {
        return fallBack(parts, id, stored, error);
      }
    },
  };
}

async function read(
  { store, fetchJson, rule, check, onRead }: ClientDocumentsParts,
  id: string,
): Promise<AdapterPayload> {
  const fetched = await fetchJson(id, mostBytes);
  const metadata: AdapterPayload = parseClientDocument(id, fetched.body, rule);
  check(metadata);
  await store.save(id, { metadata, fetchedAt: epochSeconds(), freshUntil: freshUntil(fetched) });
  onRead(id);
  return metadata;
}

async function fallBack(
  parts: ClientDocumentsParts,
  id: string,
  stored: StoredDocument | undefined,
  error: unknown,
): Promise<AdapterPayload> {
  if (!isTheirs(error)) throw error;
  const isAway = error instanceof FetchFailed;
  if (stored) parts.onStale(id, error);
  if (stored?.fetchedAt !== undefined) return stored.metadata;
  const known = isAway ? findKnownDocument(id) : undefined;
  if (known) {
    const metadata: AdapterPayload = parseClientDocument(id, known, parts.rule);
    await parts.store.save(id, { metadata, freshUntil: 0 });
    return metadata;
  }
  if (stored) return stored.metadata;
  throw isAway ? new HostUnavailable('the document could not be read', { cause: error }) : error;
}

function isTheirs(error: unknown): boolean {
  return error instanceof FetchFailed || error instanceof errors.InvalidClientMetadata;
}
