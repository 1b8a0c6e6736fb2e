// Puts the token check together: the wire, the cache in front of it and our rules, counted and logged.
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Metrics } from '../http/metrics.ts';
import type { Introspection } from './introspection.ts';
import { openIntrospector } from './introspection.ts';
import { IntrospectionCache } from './introspection-cache.ts';
import { AuthorizationServerUnreachable } from './introspection-errors.ts';
import { createTokenVerifier, type TokenVerifier } from './verifier.ts';

export interface TokenChecks {
  /** For one resource: the answers of loop-auth are shared, what is right for it is not. */
  verifierFor(isOwn: (audience: string) => boolean): TokenVerifier;
  close(): Promise<void>;
}

/** Holds connections to loop-auth until close. */
export function openTokenChecks(
  config: Pick<
    Config,
    'issuer' | 'authOrigin' | 'clientId' | 'clientSecret' | 'cacheSeconds' | 'staleSeconds'
  >,
  metrics: Metrics,
  logger: Logger,
): TokenChecks {
  const introspector = openIntrospector(config);
  const count = countIntrospections(introspector.introspect, metrics);
  const cache = new IntrospectionCache({
    introspect: logFailures(count, logger),
    cacheSeconds: config.cacheSeconds,
    staleSeconds: config.staleSeconds,
    onEvent: (answer): void => metrics.tokenChecks.inc({ answer }),
    onReachable: (reachable, cause): void => {
      if (reachable) logger.info('loop-auth answers again');
      else logger.warn({ err: cause }, 'loop-auth is out of reach; tokens known as active stay good a while');
    },
  });
  return {
    verifierFor: (isOwn) =>
      createTokenVerifier({ introspect: (token) => cache.introspect(token), issuer: config.issuer, isOwn }),
    close: introspector.close,
  };
}

type Introspect = (token: string) => Promise<Introspection>;

function countIntrospections(introspect: Introspect, metrics: Metrics): Introspect {
  return async (token) => {
    try {
      const answer = await introspect(token);
      metrics.introspections.inc({ outcome: answer.active ? 'active' : 'inactive' });
      return answer;
    } catch (error) {
      const outcome = error instanceof AuthorizationServerUnreachable ? 'unreachable' : 'failed';
      metrics.introspections.inc({ outcome });
      throw error;
    }
  };
}

// A failure that needs a person is logged when it begins or changes, not with every request that meets it.
function logFailures(introspect: Introspect, logger: Logger): Introspect {
  let known: string | undefined;
  return async (token) => {
    try {
      const answer = await introspect(token);
      known = undefined;
      return answer;
    } catch (error) {
      const isNew = String(error) !== known;
      known = String(error);
      if (isNew) logger.error({ err: error }, 'access tokens can not be judged now');
      throw error;
    }
  };
}
