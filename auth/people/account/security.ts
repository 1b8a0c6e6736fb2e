// /account/security: a person changes the password, and signs out browsers that they left signed in.
import type { Middleware, ParameterizedContext } from 'koa';
import type { Account } from '../../../adapters/stores/accounts.ts';
import type { BrowserStore, SignedInBrowser } from '../../../adapters/stores/browsers/signed-in.ts';
import type { Fault } from '../../../pages/words.ts';
import { networkOf } from '../../http/limits/network.ts';
import { seeOther, showPage } from '../../http/pages/frame.ts';
import { type SecurityData, type ShownBrowser, securityPage } from '../../pages/account/security.ts';
import { readAgent } from '../browsers.ts';
import { findCredentialFault } from '../credential-rules.ts';
import { findPlace, type PlaceFound } from '../factors/passkeys/place.ts';
import { checkCredentials, readForm, refuseFull } from '../password-check.ts';
import { hashPassword, hasPassword, PasswordUnchecked } from '../passwords.ts';
import { mayUnlink } from '../upstream/upstream.ts';
import { createOwnPage } from './own-page.ts';
import type { OwnSignInParts } from './sign-in.ts';

export interface SecurityParts extends OwnSignInParts {
  readonly browsers: BrowserStore;
}

export function createSecurityRoutes(parts: SecurityParts): Middleware {
  return createOwnPage(parts, {
    path: '/account/security',
    show: showSecurity,
    actions: { end: endOne, 'end-others': endOthers, none: changePassword },
  });
}

/** What is wrong with what was sent last, by the section of the page. */
export type SecurityFaults = Partial<Record<'password' | 'codes' | 'upstream', Fault>>;

export async function showSecurity(
  parts: SecurityParts,
  ctx: ParameterizedContext,
  account: Account,
  faults: SecurityFaults = {},
): Promise<void> {
  const { browsers, sessions, issuer, issuerPath, oneTimeCodes, recoveryCodes, passkeys } = parts;
  const own = sessions.seen(ctx)?.uid;
  const here = { network: networkOf(ctx.state['address']), ...readAgent(ctx) };
  const all = (await browsers.list(account.id)).map((one) => showBrowser(one, own, here));
  const page = `${issuerPath}/account/security`;
  const data = { formAction: page, accountHref: `${issuerPath}/account`, username: account.username, faults };
  const found = await oneTimeCodes.find(account.id);
  const codes = found && { since: found.since, left: await recoveryCodes.count(account.id) };
  // This one first, whenever the others were seen.
  const sorted = all.toSorted((one, other) => Number(other.isThis) - Number(one.isThis));
  showPage(
    ctx,
    securityPage,
    {
      ...data,
      codes,
      passkeys: (await passkeys.list(account.id)).map(({ id, name, since, lastUsedAt }) => ({
        id,
        name,
        since,
        lastUsedAt,
      })),
      whyNoPasskeys: whyNone(findPlace(issuer)),
      hasPassword: hasPassword(account),
      upstream: await readUpstream(parts, account),
      browsers: sorted,
    },
    { address: page },
  );
}

/** Where there is no provider any more, a link with an earlier one is shown under its address, so that it can be removed. */
async function readUpstream(
  { upstream, upstreamLinks }: SecurityParts,
  account: Account,
): Promise<SecurityData['upstream']> {
  const link = await upstreamLinks.findOfAccount(account.id);
  const may = { mayUnlink: mayUnlink(upstream, account) };
  if (!upstream) return link && { provider: new URL(link.issuer).host, link, ...may };
  const { issuer, name } = upstream.settings;
  return { provider: name, link: link?.issuer === issuer ? link : undefined, ...may };
}

function whyNone(place: PlaceFound): SecurityData['whyNoPasskeys'] {
  return 'whyNot' in place ? place.whyNot : undefined;
}

type Here = Pick<SignedInBrowser, 'network' | 'browser' | 'system'>;

function showBrowser(one: SignedInBrowser, own: string | undefined, here: Here): ShownBrowser {
  const { uid, ...shown } = one;
  return uid === own ? { ...shown, ...here, id: uid, isThis: true } : { ...shown, id: uid, isThis: false };
}

async function changePassword(
  parts: SecurityParts,
  ctx: ParameterizedContext,
  account: Account,
): Promise<void> {
  const fault = await replacePassword(parts, ctx, account);
  if (fault) await showSecurity(parts, ctx, account, { password: fault });
  else seeOther(ctx, `${parts.issuerPath}/account/security`, { code: 'passwordChanged' });
}

/** Undefined once it is done, with every other browser signed out. */
async function replacePassword(
  parts: SecurityParts,
  ctx: ParameterizedContext,
  { id, username }: Account,
): Promise<Fault | undefined> {
  const { current, password } = readForm(ctx);
  const chosen = typeof password === 'string' ? password : '';
  // Before the one of today is tried, so that a typing mistake in the new one costs no try.
  const fault = await findCredentialFault(username, chosen);
  if (fault) {
    ctx.status = 422;
    return fault;
  }
  const typed = typeof current === 'string' ? current : '';
  const check = await checkCredentials(parts, ctx, { username, password: typed });
  if ('refused' in check) return sayOfCurrent(check.refused.fault);
  try {
    await parts.accounts.setPassword(id, await hashPassword(chosen), false);
  } catch (error) {
    if (error instanceof PasswordUnchecked) return refuseFull(ctx, username).refused.fault;
    throw error;
  }
  parts.trail.tell(ctx, 'account.password_set', { accountId: id, reason: 'person' });
  await parts.sessions.begin(ctx, check.account);
  return undefined;
}

export function sayOfCurrent(fault: Fault): Fault {
  return fault.code === 'wrongPassword' ? { code: 'currentWrong' } : fault;
}

async function endOne(
  { sessions, trail, issuerPath }: SecurityParts,
  ctx: ParameterizedContext,
  account: Account,
): Promise<void> {
  const { id } = readForm(ctx);
  const isEnded = await sessions.endOf(account, typeof id === 'string' ? id : '');
  if (isEnded) trail.tell(ctx, 'sessions.revoked', { accountId: account.id, reason: 'person' });
  seeOther(ctx, `${issuerPath}/account/security`, { code: isEnded ? 'browserEnded' : 'browserGone' });
}

async function endOthers(
  { browsers, sessions, trail, issuerPath }: SecurityParts,
  ctx: ParameterizedContext,
  account: Account,
): Promise<void> {
  const own = sessions.seen(ctx)?.uid;
  const others = (await browsers.list(account.id)).filter(({ uid }) => uid !== own);
  for (const { uid } of others) await sessions.endOf(account, uid);
  const page = `${issuerPath}/account/security`;
  if (others.length === 0) return seeOther(ctx, page, { code: 'noOtherBrowser' });
  trail.tell(ctx, 'sessions.revoked', { accountId: account.id, reason: 'person' });
  seeOther(ctx, page, { code: 'browsersEnded', count: others.length });
}
