// When an app calls loop-api, loop-api asks about its token: so it is known here when a connection was last used.
import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Logger } from 'pino';
import { calmGrants } from '../../adapters/bounds.ts';
import { epochSeconds } from '../../adapters/database/time.ts';
import type { GrantCallStore } from '../../adapters/stores/grant-calls.ts';

export interface CallRecorder {
  readonly middleware: Middleware;
  /** One call under that grant. */
  readonly see: (grantId: string) => void;
  /** What was seen since the last time is stored now; happens every ten seconds by itself. */
  readonly store: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const everyMs = 10_000;
// A statement over so many takes SQLite, in the thread that answers, about as long as a few requests.
const batchGrants = 200;

interface Seen {
  calls: number;
  lastAt: number;
}

/** Counted in memory and stored apart from any request: what can't be stored is lost, and nobody waits for it. */
export function createCallRecorder(store: GrantCallStore, log: Logger): CallRecorder {
  let seen = new Map<string, Seen>();
  const see = (grantId: string): void => {
    const known = seen.get(grantId);
    if (!known && seen.size >= calmGrants) return;
    seen.set(grantId, { calls: (known?.calls ?? 0) + 1, lastAt: epochSeconds() });
  };
  const storeSeen = async (): Promise<void> => {
    const counted = [...seen].map(([grantId, one]) => ({ grantId, ...one }));
    seen = new Map();
    try {
      for (let at = 0; at < counted.length; at += batchGrants) {
        await store.add(counted.slice(at, at + batchGrants));
        await new Promise(setImmediate);
      }
    } catch (error) {
      log.warn({ err: error }, 'when apps were last seen calling could not be stored');
    }
  };
  const timer = setInterval(() => void storeSeen(), everyMs).unref();
  return {
    middleware: async (ctx, next) => {
      await next();
      const body = ctx.body as { active?: boolean } | undefined;
      if (ctx.path !== '/token/introspection' || body?.active !== true) return;
      const { Grant: grant } = (ctx as unknown as KoaContextWithOIDC).oidc.entities;
      if (grant) see(grant.jti);
    },
    see,
    store: storeSeen,
    close: async () => {
      clearInterval(timer);
      await storeSeen();
    },
  };
}
