// When loop-api asks about an access key, a program uses it: kept in memory and stored apart from any request.
import type { Logger } from 'pino';
import { epochSeconds } from '../../../adapters/database/time.ts';
import type { AccessKey } from '../../../adapters/stores/access-keys/access-keys.ts';
import type { KeyUseStore } from '../../../adapters/stores/access-keys/uses.ts';
import type { Trail } from '../../http/trail.ts';
import { clientIdOf } from './value.ts';

type UsedKey = Pick<AccessKey, 'id' | 'accountId'>;

export interface KeyUseRecorder {
  readonly see: (key: UsedKey) => void;
  /** What was seen since the last time is stored now; happens every ten seconds by itself. */
  readonly store: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface KeyUseParts {
  readonly store: KeyUseStore;
  readonly trail: Pick<Trail, 'tell'>;
  readonly log: Logger;
}

const everyMs = 10_000;
const mostKept = 1000;

/** What can't be stored is lost, and nobody waits for it. The first use of a key is told. */
export function createKeyUseRecorder({ store, trail, log }: KeyUseParts): KeyUseRecorder {
  let seen = new Map<string, UsedKey & { readonly at: number }>();
  const storeSeen = async (): Promise<void> => {
    const used = [...seen.values()];
    seen = new Map();
    try {
      for (const key of used) {
        const isFirst = await store.note(key);
        if (isFirst)
          trail.tell(undefined, 'access_key.used', { accountId: key.accountId, clientId: clientIdOf(key) });
        await new Promise(setImmediate);
      }
    } catch (error) {
      log.warn({ err: error }, 'when access keys were last used could not be stored');
    }
  };
  const timer = setInterval(() => void storeSeen(), everyMs).unref();
  return {
    see: ({ id, accountId }) => {
      if (seen.size < mostKept || seen.has(id)) seen.set(id, { id, accountId, at: epochSeconds() });
    },
    store: storeSeen,
    close: async () => {
      clearInterval(timer);
      await storeSeen();
    },
  };
}
