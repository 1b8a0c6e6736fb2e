// PUT /resource-description: a resource server says what it serves, with the credential that it introspects with.
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import compose from 'koa-compose';
import type Provider from 'oidc-provider';
import type { ResourceDescriptionStore } from '../../adapters/stores/resource-descriptions.ts';
import { readEncodedBasic } from '../http/basic-credentials.ts';
import type { Resources } from '../resources.ts';
import { parseDescription, type VaultDescription } from './description.ts';

export interface DescriptionRouteParts {
  readonly provider: Provider;
  readonly resources: Resources;
  readonly descriptions: ResourceDescriptionStore;
}

type Client = NonNullable<Awaited<ReturnType<Provider['Client']['find']>>>;

/** 500 folders with long names, and room. */
const readJson = bodyParser({
  enableTypes: ['json'],
  jsonLimit: '384kb',
  onError: (error, ctx) => {
    const isTooLarge = (error as { status?: number }).status === 413;
    if (isTooLarge) ctx.throw(413, 'the body is larger than 384 KB');
    ctx.throw(400, 'the body is not a JSON object');
  },
}) as Middleware;

export function createDescriptionRoute(parts: DescriptionRouteParts): Middleware {
  const router = new Router();
  // Who asks is decided before the body is read.
  const identify: Middleware = async (ctx, next) => {
    ctx.state['resourceServer'] = await findResourceServer(parts.provider, ctx);
    if (!ctx.state['resourceServer']) {
      ctx.set('WWW-Authenticate', 'Basic realm="loop-auth"');
      ctx.throw(401, 'only a resource server may say this, with its credential', { error: 'invalid_client' });
    }
    await next();
  };
  router.put('/resource-description', compose([identify, readJson]), async (ctx) => {
    const description = readDescription(ctx);
    if (!parts.resources.isAudienceOf(ctx.state['resourceServer'], description.resource))
      ctx.throw(403, 'resource: not one that this credential is for', { error: 'access_denied' });
    await parts.descriptions.save(description.resource, description);
    ctx.status = 204;
  });
  return router.routes() as Middleware;
}

function readDescription(ctx: ParameterizedContext): VaultDescription {
  try {
    return parseDescription((ctx.request as { body?: unknown }).body);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return ctx.throw(400, error.message, { error: 'invalid_request' });
  }
}

async function findResourceServer(
  provider: Provider,
  ctx: ParameterizedContext,
): Promise<Client | undefined> {
  const pair = readEncodedBasic(ctx.headers.authorization);
  const client = pair && (await provider.Client.find(pair.id));
  if (!client || client.tokenEndpointAuthMethod === 'none' || !client.clientSecret) return undefined;
  return (await client.compareClientSecret(pair.secret)) ? client : undefined;
}
