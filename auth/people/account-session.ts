// Who is signed in in this browser. There is one session, the library's; here our own pages read, begin and end it.
import type { Middleware, ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import type { Account, AccountStore } from '../../adapters/stores/accounts.ts';
import type { ConnectionStore } from '../../adapters/stores/connections.ts';

export interface AccountSessions {
  readonly find: (ctx: ParameterizedContext) => Promise<Account | undefined>;
  /** Under another identifier than the browser came with, and after the session of another account has ended. */
  readonly begin: (ctx: ParameterizedContext, account: Account) => Promise<void>;
  /** Ends the session of any other account; false where there was none. */
  readonly endOther: (ctx: ParameterizedContext, account: Account) => Promise<boolean>;
  /** With what was given for as long as the session lasts only. */
  readonly end: (ctx: ParameterizedContext) => Promise<void>;
  /** Whether whoever is signed in has shown who they are in the last five minutes. */
  readonly isRecent: (ctx: ParameterizedContext) => Promise<boolean>;
}

export const sessionSeconds = 14 * 24 * 3600;
const recentSeconds = 5 * 60;

type Session = Awaited<ReturnType<Provider['Session']['get']>>;

/** How browsers keep the session's cookie; the library gets the same. */
export function sessionCookie(issuer: URL) {
  const path = issuer.pathname.replace(/(?<=.)\/$/, '');
  return { httpOnly: true, sameSite: 'lax', signed: true, path } as const;
}

interface SessionParts {
  readonly provider: Provider;
  readonly accounts: AccountStore;
  readonly connections: Pick<ConnectionStore, 'revoke'>;
}

export function createAccountSessions(
  { provider, accounts, connections }: SessionParts,
  issuer: string,
): AccountSessions {
  const name = provider.cookieName('session');
  const cookie = { ...sessionCookie(new URL(issuer)), overwrite: true };
  const read = async (ctx: ParameterizedContext): Promise<Session> =>
    (ctx as { oidc?: { session?: Session } }).oidc?.session ?? (await provider.Session.get(ctx as never));
  const end = async (ctx: ParameterizedContext, session: Session): Promise<void> => {
    delete ctx.state['account'];
    const hanging = hangingOn(session);
    if (hanging.length > 0) await connections.revoke(hanging);
    if (isStored(session)) await session.destroy();
    ctx.cookies.set(name, null, cookie);
  };
  const isOther = ({ accountId }: Session, { id }: Account): boolean =>
    accountId !== undefined && accountId !== id;
  return {
    find: async (ctx) => {
      // In front of every page somebody has asked already (recognizeReader).
      if ('account' in ctx.state) return ctx.state['account'];
      const { accountId } = await read(ctx);
      const account = accountId === undefined ? undefined : await accounts.findById(accountId);
      // The row may be younger than the closing of its account: the password was being checked meanwhile.
      ctx.state['account'] = account?.isDisabled ? undefined : account;
      return ctx.state['account'];
    },
    begin: async (ctx, account) => {
      let session = await read(ctx);
      if (isOther(session, account)) {
        await end(ctx, session);
        session = new provider.Session();
      } else if (isStored(session)) session.resetIdentifier();
      session.loginAccount({ accountId: account.id });
      await session.save(sessionSeconds);
      ctx.state['account'] = account;
      ctx.cookies.set(name, String(session.jti), {
        ...cookie,
        expires: new Date(Number(session.exp) * 1000),
      });
    },
    endOther: async (ctx, account) => {
      const session = await read(ctx);
      if (!isOther(session, account)) return false;
      await end(ctx, session);
      return true;
    },
    end: async (ctx) => end(ctx, await read(ctx)),
    isRecent: async (ctx) => {
      const session = await read(ctx);
      return session.accountId !== undefined && !session.past(recentSeconds);
    },
  };
}

/** For the head of our own pages: in front of them it is found out who is signed in (http/pages/frame.ts). */
export function recognizeReader({ find }: AccountSessions): Middleware {
  return async (ctx, next) => {
    if (/^\/(account|connect|interaction|session|setup)(\/|$)|^\/$/.test(ctx.path)) await find(ctx);
    await next();
  };
}

function isStored(session: Session): boolean {
  return typeof session.exp === 'number';
}

/** As the library decides at its own sign-out. */
function hangingOn(session: Session): Array<{ grantId: string }> {
  return Object.entries(session.authorizations ?? {}).flatMap(([clientId, { grantId }]) =>
    grantId === undefined || session.authorizationFor(clientId)?.persistsLogout ? [] : [{ grantId }],
  );
}
