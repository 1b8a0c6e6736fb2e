// The keys that clients sign with at their jwks_uri: the last good set is stored, and read again for a key it lacks.
import { epochSeconds } from '../../adapters/database/time.ts';
import type { ClientKeySetStore, StoredKeySet } from '../../adapters/stores/client-key-sets.ts';
import { freshUntil, isFresh } from './hosts/freshness.ts';
import { FetchFailed, type FetchJson } from './hosts/guarded-fetch.ts';
import { HostUnavailable } from './hosts/host-unavailable.ts';
import { createRecentFailures } from './hosts/recent-failures.ts';

type Keys = StoredKeySet['keys'];

export interface ClientKeySetsParts {
  readonly store: ClientKeySetStore;
  readonly fetchJson: FetchJson;
  /** Throws for keys that the library would not take, such as symmetric ones. */
  readonly check: (keys: Keys) => void;
  readonly onStale: (url: string, error: unknown) => void;
  /** Counts a reading for a client that nobody let in; resolves to the seconds to wait where there were too many. */
  readonly admit: (url: string) => Promise<number | undefined>;
  /** Throws what says to wait. */
  readonly refuse: (waitSeconds: number) => never;
}

interface Signing {
  readonly clientId: string;
  readonly uri: string;
  /** False for a client that nobody let in: what it publishes is not stored. */
  readonly isKnown: boolean;
}

export interface ClientKeySets {
  /** The client's keys, where `kid` names the one that is needed. Throws HostUnavailable, never for a key unknown there. */
  readonly find: (signing: Signing, kid: string | undefined) => Promise<Keys>;
}

// A key has half a kilobyte, and a set a handful of them.
const mostBytes = 16 * 1024;
const week = 7 * 24 * 3600;
// Of clients that nobody let in the last few are remembered by the process, so that one is not read for each request.
const rememberedSets = 20;
// Anyone can send an assertion with an invented kid: the host is asked for it once in this time.
const pauseSeconds = 30;

export function createClientKeySets(parts: ClientKeySetsParts): ClientKeySets {
  const kept = keepKeySets(parts.store);
  const failures = createRecentFailures((error) => error instanceof FetchFailed);
  const underWay = new Map<string, Promise<StoredKeySet>>();
  const readOnce = (signing: Signing): Promise<StoredKeySet> => {
    const key = `${signing.clientId} ${signing.uri}`;
    const read = async (): Promise<StoredKeySet> => {
      const set = await readKeySet(parts, signing.uri);
      await kept.save(signing, set);
      return set;
    };
    const reading = underWay.get(key) ?? read().finally(() => underWay.delete(key));
    underWay.set(key, reading);
    return reading;
  };
  return {
    find: async (signing, kid) => {
      const { uri, isKnown } = signing;
      const found = await kept.find(signing);
      const stored = found && found.uri === uri && found.expiresAt > epochSeconds() ? found : undefined;
      if (stored && !isDue(stored, kid)) return stored.keys;
      const reading = failures.unlessRecent(uri, async () => {
        const wait = isKnown ? undefined : await parts.admit(uri);
        return wait === undefined ? readOnce(signing) : parts.refuse(wait);
      });
      const fallenBack = (error: unknown): StoredKeySet => {
        const usable = fallBack(stored, kid, error);
        parts.onStale(uri, error);
        return usable;
      };
      return (await reading.catch(fallenBack)).keys;
    },
  };
}

interface KeptKeySets {
  readonly find: (signing: Signing) => Promise<StoredKeySet | undefined>;
  readonly save: (signing: Signing, set: StoredKeySet) => Promise<void>;
}

function keepKeySets(store: ClientKeySetStore): KeptKeySets {
  const remembered = new Map<string, StoredKeySet>();
  return {
    find: async ({ clientId, isKnown }) => (isKnown ? store.find(clientId) : remembered.get(clientId)),
    save: async ({ clientId, isKnown }, set) => {
      if (isKnown) return store.save(clientId, set);
      remembered.delete(clientId);
      remembered.set(clientId, set);
      const [oldest] = remembered.keys();
      if (remembered.size > rememberedSets && oldest !== undefined) remembered.delete(oldest);
    },
  };
}

function fallBack(stored: StoredKeySet | undefined, kid: string | undefined, error: unknown): StoredKeySet {
  if (!(error instanceof FetchFailed)) throw error;
  if (stored && holds(stored, kid)) return stored;
  throw new HostUnavailable('the key set could not be read', { cause: error });
}

function isDue(stored: StoredKeySet, kid: string | undefined): boolean {
  if (!isFresh(stored)) return true;
  const fetchedAt = stored.expiresAt - week;
  return !holds(stored, kid) && Math.abs(epochSeconds() - fetchedAt) >= pauseSeconds;
}

/** A key without a name can only be the one key of a set (RFC 7517 section 4.5). */
function holds({ keys }: StoredKeySet, kid: string | undefined): boolean {
  return kid === undefined ? keys.length === 1 : keys.some((key) => key['kid'] === kid);
}

async function readKeySet({ fetchJson, check }: ClientKeySetsParts, uri: string): Promise<StoredKeySet> {
  const fetched = await fetchJson(uri, mostBytes);
  const keys = (fetched.body as { keys?: Keys } | null)?.keys;
  try {
    if (!Array.isArray(keys)) throw new TypeError('keys is not an array');
    check(keys);
  } catch (cause) {
    throw new FetchFailed('not a usable key set', { cause });
  }
  return { uri, keys, freshUntil: freshUntil(fetched), expiresAt: epochSeconds() + week };
}
