// What the library is told of an account: who it is and which claims of it a token may carry.
import type { FindAccount } from 'oidc-provider';
import type { AccountStore } from '../../adapters/stores/accounts.ts';

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
