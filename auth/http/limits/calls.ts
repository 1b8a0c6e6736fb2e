// How often tokens may be asked for, asked about and revoked: by strangers, in one client's name, under one grant.
import type { Middleware, ParameterizedContext } from 'koa';
import Provider, { type KoaContextWithOIDC } from 'oidc-provider';
import type { KnownClients } from '../../../adapters/stores/known-clients.ts';
import { askLater, refuseStranger } from '../../too-many.ts';
import type { Limits } from './limits.ts';
import { networkOf } from './network.ts';

export interface CallLimitParts {
  readonly limits: Limits;
  readonly clients: KnownClients;
}

export interface CallLimits {
  /**
   * Counts who named no client, or could not prove to be loop-api, which is looked up nowhere. With its credential it
   * meets no limit.
   */
  readonly middleware: Middleware;
  /** Counts the client that a request to one of these routes names, before anything of it is checked. */
  readonly admitCaller: (clientId: string) => Promise<void>;
  /**
   * Counts a refresh that is answered in front of the library, which shows a token of ours. False where it has to be refused, for
   * the library to say: nothing is used up.
   */
  readonly admitRefresh: (ctx: ParameterizedContext, clientId: string, grantId: string) => Promise<boolean>;
  /** Counts a token that a program is given without one, as if it had refreshed. */
  readonly issue: (ctx: KoaContextWithOIDC, grantId: string) => Promise<void>;
  /** The library's `rotateRefreshToken`: a grant is refreshed so often a minute, and nothing is used up beyond it. */
  readonly rotate: (ctx: KoaContextWithOIDC) => Promise<boolean>;
}

const routes = new Set(['/token', '/token/introspection', '/token/revocation']);
const counted = 'isCallerCounted';
const tooMany = 'too many requests from this network';

export function createCallLimits({ limits: { calls }, clients }: CallLimitParts): CallLimits {
  const issue: CallLimits['issue'] = async (ctx, grantId) => {
    const wait = await calls.refreshesOfGrant.take(grantId);
    if (wait !== undefined) askLater(ctx, wait, 'refreshed too often');
  };
  return {
    issue,
    middleware: async (ctx, next) => {
      await next();
      if (ctx.state[counted] || !routes.has(ctx.path) || !isUnproven(ctx)) return;
      const wait = await calls.ofStrangers.take(networkOf(ctx.state['address']));
      if (wait !== undefined) refuseStranger(ctx, wait, tooMany);
    },
    admitCaller: async (clientId) => {
      const { ctx } = Provider;
      if (ctx) ctx.state[counted] = true;
      const network = networkOf(ctx?.state['address']);
      if (!(await clients.isKnown(clientId))) {
        const wait = await calls.ofStrangers.take(network);
        if (wait !== undefined) refuseStranger(ctx, wait, tooMany);
        return;
      }
      const wait = await calls.ofClient.take(`${clientId} ${network}`);
      // Anyone can name the client, but who shows a token of ours is not anyone: its grant's own limit holds for it.
      if (wait !== undefined && !(await showsOurs(clients, ctx?.oidc.params)))
        askLater(ctx, wait, 'too many requests of this app');
    },
    admitRefresh: async (ctx, clientId, grantId) => {
      if (!(await clients.isKnown(clientId))) return false;
      // Its limit does not hold for who shows a token of ours.
      await calls.ofClient.take(`${clientId} ${networkOf(ctx.state['address'])}`);
      return (await calls.refreshesOfGrant.take(grantId)) === undefined;
    },
    rotate: async (ctx) => {
      const { grantId } = ctx.oidc.entities.RefreshToken ?? {};
      await issue(ctx, String(grantId));
      return true;
    },
  };
}

/** Who could not prove to be a client, or named none. What a proven one does wrong is another matter. */
function isUnproven(ctx: ParameterizedContext): boolean {
  const { client } = (ctx as Partial<KoaContextWithOIDC>).oidc ?? {};
  return ctx.status === 401 || (ctx.status === 400 && client === undefined);
}

async function showsOurs(
  clients: KnownClients,
  parameters: Readonly<Record<string, unknown>> | undefined,
): Promise<boolean> {
  for (const name of ['refresh_token', 'token', 'code']) {
    const value = parameters?.[name];
    if (typeof value === 'string' && (await clients.hasIssued(value))) return true;
  }
  return false;
}
