// Whether a posted username and password open an account, within the limits of guessing.
import type { ParameterizedContext } from 'koa';
import type { Account, AccountStore } from '../../adapters/stores/accounts.ts';
import { isPassword } from './passwords.ts';
import type { SignInLimits } from './sign-in-limits.ts';

export interface PasswordCheckParts {
  readonly accounts: AccountStore;
  readonly limits: SignInLimits;
}

/** An account, or the words for why not (the status and Retry-After are then set on the answer). */
export type PasswordCheck =
  | { readonly account: Account }
  | { readonly refused: { readonly username: string; readonly error: string } };

/** The form a person posted; empty where there is none. */
export function readForm(ctx: ParameterizedContext): Record<string, unknown> {
  return ((ctx.request as { body?: unknown }).body ?? {}) as Record<string, unknown>;
}

/** What the form says for `username` and `password`. A blank around the name, as phones add it, is none of it. */
export function readCredentials(ctx: ParameterizedContext): { username: string; password: string } {
  const { username, password } = readForm(ctx);
  return {
    username: typeof username === 'string' ? username.trim() : '',
    password: typeof password === 'string' ? password : '',
  };
}

export async function checkPassword(
  parts: PasswordCheckParts,
  ctx: ParameterizedContext,
): Promise<PasswordCheck> {
  const { username, password } = readCredentials(ctx);
  const address = String(ctx.state['address']);
  const wait = await parts.limits.attempt(address, username);
  if (wait !== undefined) {
    ctx.status = 429;
    ctx.set('Retry-After', String(wait));
    return {
      refused: { username, error: `Too many tries. Wait ${Math.ceil(wait / 60)} min and try again.` },
    };
  }
  const account = await parts.accounts.findByUsername(username);
  const isRight = await isPassword(password, account?.passwordHash);
  if (!account || !isRight || account.isDisabled) {
    ctx.status = 401;
    return { refused: { username, error: 'Username or password is wrong.' } };
  }
  await parts.limits.succeeded(address, username);
  return { account };
}
