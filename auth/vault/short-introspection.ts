// The common question, loop-api's about a live token, answered by one statement in front of the library; every other goes
// on to it as it came (docs/decisions/introspection-short-way.md).
import { hash, timingSafeEqual } from 'node:crypto';
import type { ParsedUrlQuery } from 'node:querystring';
import type { Middleware, Next, ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { OwnedToken, OwnedTokenStore } from '../../adapters/stores/tokens/owned.ts';
import { rememberCalled } from '../timeline/observe.ts';
import { looksLikeKey } from './access-keys/value.ts';
import type { CallRecorder } from './calls.ts';
import { describeLiveToken, type LiveTokenParts } from './live-token.ts';
import { answerPlainForm, setHeaders } from './peeked-body.ts';

export interface ShortIntrospectionParts extends LiveTokenParts {
  readonly provider: Provider;
  readonly tokens: Pick<OwnedTokenStore, 'find'>;
  readonly calls: Pick<CallRecorder, 'see'>;
}

// A token of ours has 43 signs, or 46; the question around it has some more.
const mostBytes = 1024;
// No dot: the library refuses what could be a JWT.
const plainToken = /^[\w~-]{1,128}$/;
export function introspectShortly(parts: ShortIntrospectionParts): Middleware {
  const proof = createProof(parts.apiClientId);
  return async (ctx, next) => {
    if (ctx.path !== '/token/introspection' || ctx.method !== 'POST') return next();
    if (!proof.holds(ctx.headers.authorization)) return proof.learn(ctx, next);
    const isAnswered = await answerPlainForm(ctx, mostBytes, async (fields) => {
      const token = tokenIn(fields);
      return token !== undefined && answer(parts, ctx, token);
    });
    if (!isAnswered) await next();
  };
}

/**
 * Who is loop-api the library decides, and takes the same header from it again: so the last one that it took stands for
 * its credential until the process ends. Kept as a hash, and compared in constant time.
 */
function createProof(apiClientId: string) {
  let proven: Buffer | undefined;
  const digest = (authorization: string): Buffer => hash('sha256', authorization, 'buffer');
  return {
    holds: (authorization: string | undefined): boolean =>
      authorization !== undefined && proven !== undefined && timingSafeEqual(digest(authorization), proven),
    learn: async (ctx: ParameterizedContext, next: Next): Promise<void> => {
      const { authorization } = ctx.headers;
      await next();
      const { client } = (ctx as Partial<KoaContextWithOIDC>).oidc ?? {};
      // Beside this header the library takes no other proof.
      if (authorization && ctx.status === 200 && client?.clientId === apiClientId)
        proven = digest(authorization);
    },
  };
}

function tokenIn({ token, token_type_hint: hint, ...others }: ParsedUrlQuery): string | undefined {
  const isPlainHint = hint === undefined || hint === 'access_token';
  if (typeof token !== 'string' || !isPlainHint || Object.keys(others).length > 0) return undefined;
  return plainToken.test(token) && !looksLikeKey(token) ? token : undefined;
}

/** False where it is for the library to answer. */
async function answer(
  parts: ShortIntrospectionParts,
  ctx: ParameterizedContext,
  token: string,
): Promise<boolean> {
  let found: OwnedToken | undefined;
  try {
    found = await parts.tokens.find(token);
  } catch (error) {
    setHeaders(ctx, 'introspection');
    parts.provider.emit('server_error', ctx as never, error as Error);
    return true;
  }
  const live = found && describeLiveToken(parts, found);
  if (!live) return false;
  setHeaders(ctx, 'introspection');
  ctx.body = live.answer;
  parts.calls.see(live.grant.jti);
  rememberCalled(ctx, live.grant);
  return true;
}
