// Who is signed in in this browser. There is one session, the library's; here our own pages read, begin and end it.
import type { Middleware, ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import type { Account, AccountStore } from '../../adapters/stores/accounts.ts';
import type { BrowserStore } from '../../adapters/stores/browsers/signed-in.ts';
import type { ConnectionStore } from '../../adapters/stores/connections.ts';
import type { Shown } from './factors/shown.ts';

export interface AccountSessions {
  readonly find: (ctx: ParameterizedContext) => Promise<Account | undefined>;
  /**
   * Under another identifier than the browser came with, and after the session of another account has ended. Without
   * `shown` it keeps what was shown before.
   */
  readonly begin: (
    ctx: ParameterizedContext,
    account: Account,
    shown?: Shown | Pick<Shown, 'ts'>,
  ) => Promise<void>;
  /** Ends the session of any other account; false where there was none. */
  readonly endOther: (ctx: ParameterizedContext, account: Account) => Promise<boolean>;
  /** With what was given for as long as the session lasts only. */
  readonly end: (ctx: ParameterizedContext) => Promise<void>;
  /** Whether whoever is signed in has shown who they are in the last five minutes. */
  readonly isRecent: (ctx: ParameterizedContext) => Promise<boolean>;
  /** Whether the browser came with a session, whoever is signed in in it. */
  readonly isKept: (ctx: ParameterizedContext) => Promise<boolean>;
  /** Of the session that this request has met so far: what nothing is read for. */
  readonly seen: (ctx: ParameterizedContext) => SeenSession | undefined;
  /** Ends the session in another browser; false where the account has none of that uid. */
  readonly endOf: (account: Account, uid: string) => Promise<boolean>;
}

interface SeenSession {
  /** Stays the same when the identifier changes. */
  readonly uid: string;
  readonly accountId: string;
}

export const sessionSeconds = 14 * 24 * 3600;
/** How long ago somebody may have shown who they are, for what is for them alone. */
export const recentSeconds = 5 * 60;

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
  readonly browsers: Pick<BrowserStore, 'end'>;
}

export function createAccountSessions(
  { provider, accounts, connections, browsers }: SessionParts,
  issuer: string,
): AccountSessions {
  const name = provider.cookieName('session');
  const cookie = { ...sessionCookie(new URL(issuer)), overwrite: true };
  const read = async (ctx: ParameterizedContext): Promise<Session> => {
    ctx.state['session'] = libraryOf(ctx) ?? (await provider.Session.get(ctx as never));
    return ctx.state['session'];
  };
  const end = async (ctx: ParameterizedContext, session: Session): Promise<void> => {
    delete ctx.state['account'];
    delete ctx.state['session'];
    await connections.revoke(hangingOn(session));
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
    begin: async (ctx, account, shown) => {
      let session = await read(ctx);
      if (isOther(session, account)) {
        await end(ctx, session);
        session = new provider.Session();
      } else if (isStored(session)) session.resetIdentifier();
      session.loginAccount({ accountId: account.id, ...loginOf(shown, session) });
      await session.save(sessionSeconds);
      ctx.state['session'] = session;
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
    isKept: async (ctx) => isStored(await read(ctx)),
    seen: seenIn,
    endOf: async ({ id }, uid) => {
      const session = await provider.Session.findByUid(uid);
      if (session?.accountId !== id) return false;
      await connections.revoke(hangingOn(session));
      // Not by the library: of a session that is found by its uid it does not know the identifier, which is kept hashed.
      await browsers.end(id, uid);
      return true;
    },
  };
}

/** What was shown now, or what the session has shown before. */
function loginOf(
  shown: Shown | Pick<Shown, 'ts'> | undefined,
  session: Session,
): { acr?: string; amr?: string[]; loginTs?: number } {
  const { acr, amr } = shown && 'acr' in shown ? shown : session;
  const loginTs = shown?.ts;
  return { ...(loginTs !== undefined && { loginTs }), ...(acr && { acr }), ...(amr && { amr }) };
}

/** For the head of our own pages: in front of them it is found out who is signed in (http/pages/frame.ts). */
export function recognizeReader({ find }: AccountSessions): Middleware {
  return async (ctx, next) => {
    if (/^\/(account|connect|device|interaction|session|setup|signin)(\/|$)|^\/$/.test(ctx.path))
      await find(ctx);
    await next();
  };
}

function seenIn(ctx: ParameterizedContext): SeenSession | undefined {
  const { uid, accountId } = libraryOf(ctx) ?? (ctx.state['session'] as Session | undefined) ?? {};
  return uid === undefined || accountId === undefined ? undefined : { uid, accountId };
}

function libraryOf(ctx: ParameterizedContext): Session | undefined {
  return (ctx as { oidc?: { session?: Session } }).oidc?.session;
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
