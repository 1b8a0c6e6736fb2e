// The names of the app and of the account in an introspection (RFC 7662 section 2.2), so that people read who changed a note.
import type { Middleware } from 'koa';
import type { Account, Client, KoaContextWithOIDC } from 'oidc-provider';

interface Caller {
  readonly client: Client;
  readonly account: Account;
}

// The library has no place for them: what the policy found out is told apart from it, and not asked for twice.
const callers = new WeakMap<object, Caller>();

/** Told who a token is for, once the policy knows. */
export function rememberCaller(ctx: KoaContextWithOIDC, caller: Caller): void {
  callers.set(ctx.oidc, caller);
}

/** Only loop-api's own credential reads them: another resource server needs no names of people. */
export function introspectNames(apiClientId: string): Middleware {
  return async (ctx, next) => {
    await next();
    const body = ctx.body as { active?: boolean } | undefined;
    if (ctx.path !== '/token/introspection' || body?.active !== true) return;
    const { oidc } = ctx as unknown as KoaContextWithOIDC;
    const caller = callers.get(oidc);
    if (!caller || oidc.client?.clientId !== apiClientId) return;
    const { preferred_username: username } = await caller.account.claims('introspection', '', {}, []);
    ctx.body = { ...body, client_name: caller.client.clientName, username };
  };
}
