// What the library is told of an account: who it is, which claims of it a token may carry, and which tokens open `/me`.
import Provider, { type Adapter, type FindAccount } from 'oidc-provider';
import type { AccountStore } from '../../adapters/stores/accounts.ts';
import { issuedOpenidScopes } from '../scopes.ts';
import { wrapAdapter } from '../wrapped-adapter.ts';

/** A disabled account is as good as gone: its refreshes fail and nothing new is issued. */
export function createFindAccount(accounts: AccountStore): FindAccount {
  return async (_ctx, accountId) => {
    const account = await accounts.findById(accountId);
    if (!account || account.isDisabled) return undefined;
    const { username } = account;
    return {
      accountId,
      claims: () => ({ sub: accountId, name: username, preferred_username: username }),
    };
  };
}

/**
 * The library's userinfo endpoint takes only tokens without an audience; here every token has one. So each token keeps
 * the OpenID scopes that it was issued with, and at `/me` one of loop-api's is shown with these and as a token for
 * `/me`. Another resource server's keeps its audience and is refused: who receives it is not the app (RFC 9068 section 5).
 */
export function openUserinfo(tokens: Adapter, audiences: readonly string[]): Adapter {
  return wrapAdapter(tokens, {
    upsert: async (id, payload, expiresIn) => {
      const oidc = Provider.ctx?.oidc;
      const scope = oidc?.route === 'token' ? issuedOpenidScopes(oidc).join(' ') : '';
      await tokens.upsert(id, scope === '' ? payload : { ...payload, openid_scope: scope }, expiresIn);
    },
    find: async (id) => {
      const payload = (await tokens.find(id)) || undefined;
      if (!payload || Provider.ctx?.oidc.route !== 'userinfo') return payload;
      const { aud, openid_scope: scope = '', ...rest } = payload;
      const isOurs = typeof aud === 'string' && audiences.includes(aud);
      return { ...rest, scope: String(scope), ...(!isOurs && { aud }) };
    },
  });
}
