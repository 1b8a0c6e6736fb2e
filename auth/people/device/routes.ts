// In front of the library's /device: a link with the code in it, and how many codes may be tried.
import type { Middleware, ParameterizedContext } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Devices } from '../../http/limits/devices.ts';
import type { Limit } from '../../http/limits/limit.ts';
import type { Limits } from '../../http/limits/limits.ts';
import { networkOf } from '../../http/limits/network.ts';
import { refuseForeignForms } from '../../http/refusals.ts';
import { refuseStranger } from '../../too-many.ts';
import type { AccountSessions } from '../account-session.ts';
import { readShownCode } from './user-codes.ts';

export interface DeviceRouteParts {
  readonly issuer: string;
  readonly limits: Pick<Limits, 'userCodes'>;
  readonly devices: Devices;
  readonly sessions: Pick<AccountSessions, 'isKept'>;
}

export function createDeviceRoutes({ issuer, limits, devices, sessions }: DeviceRouteParts): Middleware {
  const refuseForeign = refuseForeignForms(issuer);
  return async (ctx, next) => {
    // The library would take it for the id of a sign-in.
    if (ctx.path === '/device/auth' && ctx.method === 'GET') return;
    if (ctx.path !== '/device') return next();
    if (ctx.method !== 'POST') {
      keepShownCode(ctx);
      return next();
    }
    await refuseForeign(ctx, async () => {
      if (!(await sessions.isKept(ctx))) {
        openAnew(ctx);
        return next();
      }
      const taken = await take(ctx, limits.userCodes, devices);
      await next();
      if (isRight(ctx)) await Promise.all(taken.map(({ limit, key }) => limit.giveBack(key)));
    });
  };
}

/**
 * A link is opened with one press, and could have been sent by anybody: the code in it is shown to be compared
 * (RFC 8628 sections 3.3.1 and 5.4). The library would send it on by a script, which no page of ours may run.
 */
function keepShownCode(ctx: ParameterizedContext): void {
  const { user_code: given } = ctx.query;
  if (given === undefined) return;
  ctx.state['shownCode'] = readShownCode(given);
  // Of this same parsed query the library takes it; the address keeps it, for the page's other language.
  delete ctx.query['user_code'];
}

/** A form whose session is gone. What the library would show has a form that no session is kept for. */
function openAnew(ctx: ParameterizedContext): void {
  ctx.method = 'GET';
  ctx.state['isStale'] = true;
  delete ctx.query['user_code'];
}

interface Taken {
  readonly limit: Limit;
  readonly key: string;
}

/** Counts the try; what is right afterwards does not count. Throws 429. */
async function take(
  ctx: ParameterizedContext,
  { ofDevice, ofNetwork, all }: Limits['userCodes'],
  devices: Devices,
): Promise<Taken[]> {
  // Where somebody signed in before, strangers use up nothing.
  const own = await devices.find(ctx);
  const counted = own
    ? [{ limit: ofDevice, key: own.key }]
    : [
        { limit: ofNetwork, key: networkOf(ctx.state['address']) },
        { limit: all, key: 'all' },
      ];
  for (const { limit, key } of counted) {
    const wait = await limit.take(key);
    if (wait !== undefined) refuseStranger(ctx, wait, 'too many codes');
  }
  return counted;
}

function isRight(ctx: ParameterizedContext): boolean {
  return (ctx as unknown as Partial<KoaContextWithOIDC>).oidc?.entities?.DeviceCode !== undefined;
}
