// A resource server that tells us something, with the credential that it introspects with.
import { bodyParser } from '@koa/bodyparser';
import type { Middleware, ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import { readEncodedBasic } from '../http/basic-credentials.ts';
import type { Resources } from '../resources.ts';

type Client = NonNullable<Awaited<ReturnType<Provider['Client']['find']>>>;

/** Who asks is decided before the body is read. */
export function identifyResourceServer(provider: Provider): Middleware {
  return async (ctx, next) => {
    ctx.state['resourceServer'] = await findResourceServer(provider, ctx);
    if (!ctx.state['resourceServer']) {
      ctx.set('WWW-Authenticate', 'Basic realm="loop-auth"');
      ctx.throw(401, 'only a resource server may say this, with its credential', { error: 'invalid_client' });
    }
    await next();
  };
}

/** Refuses (403) what is about a resource of another. */
export async function requireOwnResource(
  ctx: ParameterizedContext,
  resources: Resources,
  resource: string,
): Promise<void> {
  if (!(await resources.isAudienceOf(ctx.state['resourceServer'], resource)))
    ctx.throw(403, 'resource: not one that this credential is for', { error: 'access_denied' });
}

export function readJsonObject(mostKilobytes: number): Middleware {
  return bodyParser({
    enableTypes: ['json'],
    jsonLimit: `${mostKilobytes}kb`,
    onError: (error, ctx) => {
      const isTooLarge = (error as { status?: number }).status === 413;
      if (isTooLarge) ctx.throw(413, `the body is larger than ${mostKilobytes} KB`);
      ctx.throw(400, 'the body is not a JSON object');
    },
  }) as Middleware;
}

/** What `parse` makes of the body; a TypeError of it is the caller's fault (400). */
export function readBody<T>(ctx: ParameterizedContext, parse: (body: unknown) => T): T {
  try {
    return parse((ctx.request as { body?: unknown }).body);
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
