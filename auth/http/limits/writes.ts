// How often one network may begin what leaves a row behind: registrations, sign-ins, sign-outs.
import type { Middleware } from 'koa';
import type { Devices } from './devices.ts';
import type { Limits } from './limits.ts';
import { networkOf } from './network.ts';

type Begun = (network: string) => Promise<number | undefined>;

/** 429 with Retry-After. A browser in which somebody signed in goes on where its network has used up its own. */
export function limitWrites({ registrations, visits }: Limits, devices: Devices): Middleware {
  const register: Begun = async (network) =>
    (await registrations.ofNetworkAMinute.take(network)) ?? (await registrations.ofNetwork.take(network));
  const visit: Begun = async (network) =>
    (await visits.ofNetworkTenMinutes.take(network)) ?? (await visits.ofNetwork.take(network));
  const begun: Readonly<Record<string, Begun>> = {
    'POST /reg': register,
    'GET /auth': visit,
    'POST /auth': visit,
    'GET /session/end': visit,
    'POST /session/end': visit,
  };
  return async (ctx, next) => {
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
    const begin = begun[`${method} ${ctx.path}`];
    const wait = await begin?.(networkOf(ctx.state['address']));
    if (wait === undefined) return next();
    const device = begin === visit ? await devices.find(ctx) : undefined;
    if (device && (await visits.ofDevice.take(device.key)) === undefined) return next();
    ctx.set('Retry-After', String(wait));
    return ctx.throw(429, `too many requests from this network; try again in ${wait} seconds`, {
      error: 'too_many_requests',
    });
  };
}
