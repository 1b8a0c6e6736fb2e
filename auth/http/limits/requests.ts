// How often one network may ask for what leaves a row behind (registrations, sign-ins, sign-outs), and for claims.
import type { Middleware, ParameterizedContext } from 'koa';
import type { KnownClients } from '../../../adapters/stores/known-clients.ts';
import type { Devices } from './devices.ts';
import type { Limit } from './limit.ts';
import type { Limits } from './limits.ts';
import { networkOf } from './network.ts';

export interface RequestLimitParts {
  readonly limits: Limits;
  readonly devices: Devices;
  readonly clients: KnownClients;
}

interface Asked {
  /** The library's name of the route, which the metrics show. */
  readonly route: string;
  /** All of them hold for a network. */
  readonly ofNetwork: readonly Limit[];
  /** Who goes on where the network has used up its own: a name for a limit of theirs. */
  readonly known?: (ctx: ParameterizedContext) => Promise<string | undefined>;
  readonly ofKnown?: Limit;
}

/** 429 with Retry-After. A browser in which somebody signed in goes on, and who shows a token of ours. */
export function limitRequests(parts: RequestLimitParts): Middleware {
  const asked = askedOf(parts);
  return async (ctx, next) => {
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
    const what = asked[`${method} ${ctx.path}`];
    const wait = what && (await waitFor(what, ctx));
    if (what === undefined || wait === undefined) return next();
    ctx.state['route'] = what.route;
    ctx.set('Retry-After', String(wait));
    return ctx.throw(429, `too many requests from this network; try again in ${wait} seconds`, {
      error: 'too_many_requests',
    });
  };
}

function askedOf({ limits, devices, clients }: RequestLimitParts): Readonly<Record<string, Asked>> {
  const { registrations, visits, posts, claims, deviceCodes } = limits;
  const ofDevice = {
    known: async (ctx: ParameterizedContext) => (await devices.find(ctx))?.key,
    ofKnown: visits.ofDevice,
  };
  const visit = { ...ofDevice, ofNetwork: [visits.ofNetworkTenMinutes, visits.ofNetwork] };
  const post = { ...ofDevice, ofNetwork: [posts.ofNetwork] };
  const userinfo = {
    route: 'userinfo',
    ofNetwork: [claims.ofNetwork],
    known: (ctx: ParameterizedContext) => shownToken(ctx, clients),
    ofKnown: claims.ofToken,
  };
  return {
    'POST /reg': {
      route: 'registration',
      ofNetwork: [registrations.ofNetworkAMinute, registrations.ofNetwork],
    },
    'GET /auth': { ...visit, route: 'authorization' },
    'POST /auth': { ...post, route: 'authorization' },
    'GET /session/end': { ...visit, route: 'end_session' },
    'POST /session/end': { ...post, route: 'end_session' },
    'POST /device/auth': { route: 'device_authorization', ofNetwork: [deviceCodes.ofNetwork] },
    'GET /device': { ...visit, route: 'code_verification' },
    'POST /device': { ...visit, route: 'code_verification' },
    'GET /me': userinfo,
    'POST /me': userinfo,
  };
}

async function waitFor(what: Asked, ctx: ParameterizedContext): Promise<number | undefined> {
  const network = networkOf(ctx.state['address']);
  for (const limit of what.ofNetwork) {
    const wait = await limit.take(network);
    if (wait === undefined) continue;
    const known = await what.known?.(ctx);
    return known !== undefined && (await what.ofKnown?.take(known)) === undefined ? undefined : wait;
  }
  return undefined;
}

async function shownToken(ctx: ParameterizedContext, clients: KnownClients): Promise<string | undefined> {
  const [, token] = /^Bearer ([\w.~+/-]{1,200})$/i.exec(ctx.get('Authorization')) ?? [];
  return token !== undefined && (await clients.hasIssued(token)) ? token : undefined;
}
