// What a grant narrows, in the answers that give tokens and that tell of them (RFC 9396 sections 7 and 9.2).
import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { splitScopes } from '../scopes.ts';
import { type Grant, scopesGiven, vaultDetail } from './access.ts';

/** Told once the library has written a token's answer. */
export function nameAuthorizationDetails(ctx: KoaContextWithOIDC): void {
  const { AccessToken: token, Grant: grant } = ctx.oidc.entities;
  const detail = grant && vaultDetail(grant as Grant, String(token?.aud));
  if (detail) Object.assign(ctx.body as object, { authorization_details: [detail] });
}

/**
 * Adds what the grant gives now to an introspection: what a person takes from a connection is taken from tokens that are
 * out already.
 */
export const introspectGrant: Middleware = async (ctx, next) => {
  await next();
  const body = ctx.body as { active?: boolean; aud?: unknown; scope?: string } | undefined;
  if (ctx.path !== '/token/introspection' || body?.active !== true || typeof body.aud !== 'string') return;
  const { Grant: grant } = (ctx as unknown as KoaContextWithOIDC).oidc.entities;
  const detail = grant && vaultDetail(grant as Grant, body.aud);
  if (!detail) return;
  const scope = scopesGiven(grant as Grant, body.aud, splitScopes(body.scope));
  ctx.body = { ...body, scope, authorization_details: [detail] };
};
