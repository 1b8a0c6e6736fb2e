// /resource-description: a resource server says what it serves (PUT), and reads of which resources it is the server (GET),
// with the credential that it introspects with.
import Router from '@koa/router';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import type Provider from 'oidc-provider';
import type { ResourceDescriptionStore } from '../../adapters/stores/resources.ts';
import type { Resources } from '../resources.ts';
import { parseDescription } from './description.ts';
import { identifyResourceServer, readBody, readJsonObject, requireOwnResource } from './resource-server.ts';

export interface DescriptionRouteParts {
  readonly provider: Provider;
  readonly resources: Resources;
  readonly descriptions: ResourceDescriptionStore;
}

/** 500 folders with long names, and room. */
const readJson = readJsonObject(384);

export function createDescriptionRoute(parts: DescriptionRouteParts): Middleware {
  const router = new Router();
  const identify = identifyResourceServer(parts.provider);
  router.get('/resource-description', identify, async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { resources: await parts.resources.listOf(ctx.state['resourceServer']) };
  });
  router.put('/resource-description', compose([identify, readJson]), async (ctx) => {
    const description = readBody(ctx, parseDescription);
    await requireOwnResource(ctx, parts.resources, description.resource);
    await parts.descriptions.save(description.resource, description);
    ctx.status = 204;
  });
  return router.routes() as Middleware;
}
