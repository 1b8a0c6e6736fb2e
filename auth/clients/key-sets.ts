// The keys that clients sign with at their jwks_uri: the last good set is stored, and read again for a key it lacks.

import { epochSeconds } from '../../adapters/database/time.ts';
import type { ClientDocumentStore, StoredKeySet } from '../../adapters/stores/client-documents.ts';
import { freshUntil } from './hosts/freshness.ts';
import { FetchFailed, type FetchJson } from './hosts/guarded-fetch.ts';
import { HostUnavailable } from './hosts/host-unavailable.ts';
import { createRecentFailures } from './hosts/recent-failures.ts';

type Keys = StoredKeySet['keys'];

export interface ClientKeySetsParts {
  readonly store: ClientDocumentStore;
  readonly fetchJson: FetchJson;
  /** Throws for keys that the library would not take, such as symmetric ones. */
  readonly check: (keys: Keys) => void;
  readonly onStale: (url: string, error: unknown) => void;
}

export interface ClientKeySets {
  /** The keys at that URI, where `kid` names the one that is needed. Throws HostUnavailable, never for a key unknown there. */
  readonly find: (uri: string, kid: string | undefined) => Promise<Keys>;
}

const mostBytes = 64 * 1024;
const week = 7 * 24 * 3600;
// Anyone can send an assertion with an invented kid: the host is asked for it once in this time.
const pauseSeconds = 30;

export function createClientKeySets(parts: ClientKeySetsParts): ClientKeySets {
  const failures = createRecentFailures((error) => error instanceof FetchFailed);
  const underWay = new Map<string, Promise<StoredKeySet>>();
  const readOnce = (uri: string): Promise<StoredKeySet> => {
    const reading = underWay.get(uri) ?? read(parts, uri).finally(() => underWay.delete(uri));
    underWay.set(uri, reading);
    return reading;
  };
  return {
    find: async (uri, kid) => {
      const stored = await findUsable(parts.store, uri);
      if (stored && !isDue(stored, kid)) return stored.keys;
      const reading = failures.unlessRecent(uri, () => readOnce(uri));
      const fallenBack = (error: unknown): StoredKeySet => {
        const usable = fallBack(stored, kid, error);
        parts.onStale(uri, error);
        return usable;
      };
      return (await reading.catch(fallenBack)).keys;
    },
  };
}

function fallBack(stored: StoredKeySet | undefined, kid: string | undefined, error: unknown): StoredKeySet {
  if (!(error instanceof FetchFailed)) throw error;
  if (stored && holds(stored, kid)) return stored;
  throw new HostUnavailable('the key set could not be read', { cause: error });
}

async function findUsable(store: ClientDocumentStore, uri: string): Promise<StoredKeySet | undefined> {
  const stored = await store.findKeySet(uri);
  return stored && stored.expiresAt > epochSeconds() ? stored : undefined;
}

function isDue(stored: StoredKeySet, kid: string | undefined): boolean {
  const now = epochSeconds();
  if (stored.freshUntil <= now) return true;
  const fetchedAt = stored.expiresAt - week;
  return !holds(stored, kid) && now - fetchedAt >= pauseSeconds;
}

/** A key without a name can only be the one key of a set (RFC 7517 section 4.5). */
function holds({ keys }: StoredKeySet, kid: string | undefined): boolean {
  return kid === undefined ? keys.length === 1 : keys.some((key) => key['kid'] === kid);
}

async function read({ store, fetchJson, check }: ClientKeySetsParts, uri: string): Promise<StoredKeySet> {
  const fetched = await fetchJson(uri, mostBytes);
  const keys = (fetched.body as { keys?: Keys } | null)?.keys;
  try {
    if (!Array.isArray(keys)) throw new TypeError('keys is not an array');
    check(keys);
  } catch (cause) {
    throw new FetchFailed('not a usable key set', { cause });
  }
  const set = { keys, freshUntil: freshUntil(fetched), expiresAt: epochSeconds() + week };
  await store.saveKeySet(uri, set);
  return set;
}
