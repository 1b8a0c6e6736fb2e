// POST /resource-refusals: a resource server tells of refused calls, with the credential that it introspects with.
import Router from '@koa/router';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import type Provider from 'oidc-provider';
import { epochSeconds } from '../../adapters/database/time.ts';
import { networkOf } from '../http/limits/network.ts';
import { createAddressFinder } from '../http/pinned-origin.ts';
import type { Resources } from '../resources.ts';
import { isClientIdOfKey } from '../vault/access-keys/value.ts';
import {
  identifyResourceServer,
  readBody,
  readJsonObject,
  requireOwnResource,
} from '../vault/resource-server.ts';
import type { Recorder } from './recorder.ts';
import { parseToldCalls, sightingOfCall } from './refusals.ts';

export interface RefusalsRouteParts {
  readonly provider: Provider;
  readonly resources: Resources;
  readonly recorder: Pick<Recorder, 'see'>;
  readonly trustedProxies: readonly string[];
}

/** Answered at once: what comes of it is stored apart from every request. */
export function createRefusalsRoute(parts: RefusalsRouteParts): Middleware {
  const { provider, resources, recorder } = parts;
  const addressOf = createAddressFinder(parts.trustedProxies);
  const router = new Router();
  router.post(
    '/resource-refusals',
    compose([identifyResourceServer(provider), readJsonObject(128)]),
    async (ctx) => {
      const { resource, calls } = readBody(ctx, parseToldCalls);
      await requireOwnResource(ctx, resources, resource);
      const now = epochSeconds();
      for (const call of calls) {
        const { address: remoteAddress, clientId, forwardedFor, outcome } = call;
        // Nobody connects with an access key: that it is used is told as such (vault/access-keys/uses.ts).
        if (outcome === 'called' && clientId !== undefined && isClientIdOfKey(clientId)) continue;
        const came = {
          socket: { remoteAddress },
          headers: { ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }) },
        };
        recorder.see(sightingOfCall(call, networkOf(addressOf(came)), now));
      }
      ctx.status = 204;
    },
  );
  return router.routes() as Middleware;
}
