// /account/security/passkeys: one is added with the browser, named, and removed.
import type { Middleware, ParameterizedContext } from 'koa';
import type { Account } from '../../../../adapters/stores/accounts.ts';
import type { Fault } from '../../../../pages/words.ts';
import { seeOther, showPage } from '../../../http/pages/frame.ts';
import { addPasskeyPage } from '../../../pages/factors/add-passkey.ts';
import { fieldLimits } from '../../../pages/pages.ts';
import { createOwnPage } from '../../account/own-page.ts';
import type { SecurityParts } from '../../account/security.ts';
import { requireRecentPassword } from '../../account/sign-in.ts';
import { readAgent } from '../../browsers.ts';
import { readForm } from '../../password-check.ts';
import { type Asking, followChallenge } from './challenges.ts';
import { optionsToAdd } from './options.ts';
import { findPlace } from './place.ts';
import { parseSent, takeChallenge } from './sign-in.ts';

export function createPasskeyRoutes(parts: SecurityParts): Middleware {
  return createOwnPage(parts, {
    path: '/account/security/passkeys',
    show: showAdd,
    actions: { add, rename, remove },
  });
}

/** Of this browser's session. */
function askingIn({ sessions }: SecurityParts, ctx: ParameterizedContext): Asking {
  return { purpose: 'add', bound: String(sessions.seen(ctx)?.uid) };
}

async function showAdd(
  parts: SecurityParts,
  ctx: ParameterizedContext,
  account: Account,
  fault?: Fault,
): Promise<void> {
  const back = `${parts.issuerPath}/account/security`;
  const formAction = `${back}/passkeys`;
  const place = findPlace(parts.issuer);
  if ('whyNot' in place) return showPage(ctx, addPasskeyPage, { formAction, back, whyNot: place.whyNot });
  if (!(await requireRecentPassword(parts, ctx, formAction))) return;
  const challenge = parts.challenges.make(askingIn(parts, ctx));
  const options = optionsToAdd(place, account, await parts.passkeys.list(account.id), challenge);
  const { browser, system } = readAgent(ctx);
  const name = [browser, system].filter(Boolean).join(' · ');
  showPage(ctx, addPasskeyPage, { formAction, back, options, name, fault }, { address: formAction });
}

/** As its owner calls it; cut to what fits. */
function readName(ctx: ParameterizedContext): string {
  const { name } = readForm(ctx);
  const text = typeof name === 'string' ? name.replace(/[\p{Cc}\p{Cf}]/gu, '').trim() : '';
  return [...text].slice(0, fieldLimits.username).join('');
}

async function add(parts: SecurityParts, ctx: ParameterizedContext, account: Account): Promise<void> {
  const place = findPlace(parts.issuer);
  const back = `${parts.issuerPath}/account/security`;
  if ('whyNot' in place) return showAdd(parts, ctx, account);
  if (!(await requireRecentPassword(parts, ctx, `${back}/passkeys`))) return;
  const sent = parseSent(readForm(ctx)['passkey']);
  const { isAsked, asked } = followChallenge(parts.challenges, askingIn(parts, ctx));
  const { readAdded } = await import('./ceremony.ts');
  const read = sent && (await readAdded(sent, place, isAsked));
  if (!read || !(await takeChallenge(parts, { accountId: account.id }, asked()))) {
    ctx.status = 422;
    return showAdd(parts, ctx, account, { code: 'passkeyRefused' });
  }
  const isAdded = await parts.passkeys.add({ ...read, accountId: account.id, name: readName(ctx) });
  if (!isAdded) {
    ctx.status = 409;
    return showAdd(parts, ctx, account, { code: 'passkeyNotAdded' });
  }
  parts.trail.tell(ctx, 'passkey.added', { accountId: account.id });
  seeOther(ctx, back, { code: 'passkeyAdded' });
}

async function rename(parts: SecurityParts, ctx: ParameterizedContext, { id }: Account): Promise<void> {
  await parts.passkeys.rename(id, String(readForm(ctx)['id']), readName(ctx));
  seeOther(ctx, `${parts.issuerPath}/account/security`, { code: 'passkeyRenamed' });
}

async function remove(parts: SecurityParts, ctx: ParameterizedContext, { id }: Account): Promise<void> {
  const back = `${parts.issuerPath}/account/security`;
  if (!(await requireRecentPassword(parts, ctx, back))) return;
  const isRemoved = await parts.passkeys.remove(id, String(readForm(ctx)['id']));
  if (isRemoved) parts.trail.tell(ctx, 'passkey.removed', { accountId: id });
  seeOther(ctx, back, { code: isRemoved ? 'passkeyRemoved' : 'passkeyGone' });
}
