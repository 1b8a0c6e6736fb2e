// How often one network and all together may leave a row behind: registrations, documents, sign-ins begun.
import type { Middleware } from 'koa';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { DocumentLimit } from '../clients/lookup.ts';
import { consume, networkOf } from './limiter.ts';

const minute = 60;
const hour = 60 * minute;

/** 429 with Retry-After for what strangers can ask too often: each of these requests leaves a row behind. */
export function limitWrites(): Middleware {
  // A person who sets up clients makes a handful; some clients register anew at every connection.
  const perMinute = new RateLimiterMemory({ points: 30, duration: minute });
  const perHour = new RateLimiterMemory({ points: 200, duration: hour });
  const overAll = new RateLimiterMemory({ points: 600, duration: hour });
  const visits = new RateLimiterMemory({ points: 600, duration: 10 * minute });
  const register = async (network: string): Promise<number | undefined> =>
    (await consume(perMinute, network)) ??
    (await consume(perHour, network)) ??
    (await consume(overAll, 'all'));
  const visit = (network: string): Promise<number | undefined> => consume(visits, network);
  const limited: Readonly<Record<string, typeof visit>> = {
    'POST /reg': register,
    'GET /auth': visit,
    'GET /session/end': visit,
  };
  return async (ctx, next) => {
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
    const wait = await limited[`${method} ${ctx.path}`]?.(networkOf(ctx.state['address']));
    if (wait === undefined) return next();
    ctx.set('Retry-After', String(wait));
    return ctx.throw(429, `too many requests from this network; try again in ${wait} seconds`, {
      error: 'too_many_requests',
    });
  };
}

export function createDocumentLimit(): DocumentLimit {
  const perMinute = new RateLimiterMemory({ points: 20, duration: minute });
  const overAll = new RateLimiterMemory({ points: 600, duration: hour });
  return async (address) => (await consume(perMinute, networkOf(address))) ?? (await consume(overAll, 'all'));
}
