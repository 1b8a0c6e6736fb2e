// Who is signed in on the account pages. Nothing else knows how: the browser's one session can take its place here.
import { randomBytes } from 'node:crypto';
import type { ParameterizedContext } from 'koa';
import type { AccountSessionStore } from '../../adapters/stores/account-sessions.ts';
import type { Account, AccountStore } from '../../adapters/stores/accounts.ts';

export interface AccountSessions {
  readonly find: (ctx: ParameterizedContext) => Promise<Account | undefined>;
  /** Always a new session, whatever the browser came with: a value planted there before opens nothing. */
  readonly begin: (ctx: ParameterizedContext, account: Account) => Promise<void>;
  readonly end: (ctx: ParameterizedContext) => Promise<void>;
}

const validSeconds = 30 * 60;

export function createAccountSessions(
  { accounts, sessions }: { readonly accounts: AccountStore; readonly sessions: AccountSessionStore },
  issuer: string,
): AccountSessions {
  const { name, path } = cookieFor(new URL(issuer));
  const cookieOf = (ctx: ParameterizedContext): string | undefined =>
    ctx.cookies.get(name, { signed: false });
  const setCookie = (ctx: ParameterizedContext, value: string | null): void => {
    // Not signed: 256 random bits can't be guessed, and a signature would only ask for a key that is not needed.
    const options = { signed: false, httpOnly: true, sameSite: 'strict', path } as const;
    ctx.cookies.set(name, value, { ...options, ...(value !== null && { maxAge: validSeconds * 1000 }) });
  };
  const endOld = async (ctx: ParameterizedContext): Promise<void> => {
    const value = cookieOf(ctx);
    if (value !== undefined) await sessions.end(value);
  };
  return {
    find: async (ctx) => {
      const value = cookieOf(ctx);
      const accountId = value === undefined ? undefined : await sessions.findAccountId(value);
      const account = accountId === undefined ? undefined : await accounts.findById(accountId);
      // The row may be younger than the closing of its account: the password was being checked meanwhile.
      return account?.isDisabled ? undefined : account;
    },
    begin: async (ctx, account) => {
      const value = randomBytes(32).toString('base64url');
      await sessions.begin(value, account.id, validSeconds);
      await endOld(ctx);
      setCookie(ctx, value);
    },
    end: async (ctx) => {
      await endOld(ctx);
      setCookie(ctx, null);
    },
  };
}

// With the prefix browsers take the cookie from this very host only, and only with the path `/`.
function cookieFor({ protocol, pathname }: URL): { name: string; path: string } {
  const issuerPath = pathname.replace(/\/$/, '');
  return protocol === 'https:' && issuerPath === ''
    ? { name: '__Host-loop_account', path: '/' }
    : { name: 'loop_account', path: issuerPath || '/' };
}
