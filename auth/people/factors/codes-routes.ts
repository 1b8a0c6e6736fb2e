// /account/security/codes: one-time codes are set up and removed, and recovery codes made anew.
import type { Middleware, ParameterizedContext } from 'koa';
import { epochSeconds } from '../../../adapters/database/time.ts';
import type { Account } from '../../../adapters/stores/accounts.ts';
import type { Fault } from '../../../pages/words.ts';
import { seeOther, showPage } from '../../http/pages/frame.ts';
import { codeSetupPage, recoveryCodesPage } from '../../pages/factors/code-setup.ts';
import { createOwnPage } from '../account/own-page.ts';
import { type SecurityParts, sayOfCurrent, showSecurity } from '../account/security.ts';
import { checkCredentials, readForm } from '../password-check.ts';
import { checkCode } from './code-check.ts';
import { closeSecret, findStep, makeSecret, openSecret, readCode, uriOf } from './one-time-codes.ts';
import { makeRecoveryCodes } from './recovery-codes.ts';

// Long enough to find the phone and an app for it.
const setupSeconds = 30 * 60;
export function createCodeRoutes(parts: SecurityParts): Middleware {
  return createOwnPage(parts, {
    path: '/account/security/codes',
    // A set-up under way is the session's that began it.
    back: '/account/security',
    show: showSetup,
    actions: { begin: beginSetup, confirm: confirmSetup, recovery: renewRecoveryCodes, remove: removeCodes },
  });
}

/** Of this browser's session: nobody else is shown the secret. */
function nameOfSetup({ sessions }: SecurityParts, ctx: ParameterizedContext): string {
  return `code-setup:${sessions.seen(ctx)?.uid}`;
}

async function beginSetup(parts: SecurityParts, ctx: ParameterizedContext, account: Account): Promise<void> {
  const { issuerPath, seal, signInSteps } = parts;
  const fault = await checkPasswordAgain(parts, ctx, account);
  if (fault) return showSecurity(parts, ctx, account, { codes: fault });
  if (await parts.oneTimeCodes.find(account.id))
    return seeOther(ctx, `${issuerPath}/account/security`, { code: 'codesOnAlready' });
  const value = await closeSecret(seal, account.id, makeSecret());
  const expiresAt = epochSeconds() + setupSeconds;
  await signInSteps.begin(nameOfSetup(parts, ctx), { accountId: account.id, value }, expiresAt);
  seeOther(ctx, `${issuerPath}/account/security/codes`);
}

/** The secret of a set-up under way; undefined after its time. */
async function findSetup(
  parts: SecurityParts,
  ctx: ParameterizedContext,
  { id }: Account,
): Promise<{ secret: string; stored: string } | undefined> {
  const step = await parts.signInSteps.find(nameOfSetup(parts, ctx));
  if (step?.accountId !== id) return undefined;
  const stored = step.value;
  return { stored, secret: await openSecret(parts.seal, { accountId: id, secret: stored }) };
}

async function showSetup(
  parts: SecurityParts,
  ctx: ParameterizedContext,
  account: Account,
  fault?: Fault,
): Promise<void> {
  const { issuer, issuerPath } = parts;
  const back = `${issuerPath}/account/security`;
  const setup = await findSetup(parts, ctx, account);
  if (!setup) return seeOther(ctx, back, { code: 'setupOver' });
  const uri = uriOf(setup.secret, new URL(issuer).host, account.username);
  const formAction = `${back}/codes`;
  showPage(
    ctx,
    codeSetupPage,
    { formAction, back, uri, secret: setup.secret, fault },
    { address: formAction },
  );
}

async function confirmSetup(
  parts: SecurityParts,
  ctx: ParameterizedContext,
  account: Account,
): Promise<void> {
  const setup = await findSetup(parts, ctx, account);
  const code = readCode(String(readForm(ctx)['code'] ?? ''));
  const step = setup && code !== undefined ? findStep(setup.secret, code)?.step : undefined;
  if (!setup || step === undefined) {
    if (setup) ctx.status = 422;
    return showSetup(parts, ctx, account, { code: 'wrongCode' });
  }
  await parts.oneTimeCodes.save({ accountId: account.id, secret: setup.stored }, step);
  await parts.signInSteps.end(nameOfSetup(parts, ctx));
  parts.trail.tell(ctx, 'codes.turned_on', { accountId: account.id });
  await makeAndShow(parts, ctx, account);
}

async function makeAndShow(
  { recoveryCodes, trail, issuerPath }: SecurityParts,
  ctx: ParameterizedContext,
  { id }: Account,
): Promise<void> {
  const codes = makeRecoveryCodes();
  await recoveryCodes.replace(id, codes);
  trail.tell(ctx, 'recovery_codes.made', { accountId: id });
  const back = `${issuerPath}/account/security`;
  showPage(ctx, recoveryCodesPage, { codes, back }, { address: back });
}

async function renewRecoveryCodes(
  parts: SecurityParts,
  ctx: ParameterizedContext,
  account: Account,
): Promise<void> {
  const fault = await checkBoth(parts, ctx, account);
  if (fault) return showSecurity(parts, ctx, account, { codes: fault });
  await makeAndShow(parts, ctx, account);
}

async function removeCodes(parts: SecurityParts, ctx: ParameterizedContext, account: Account): Promise<void> {
  const fault = await checkBoth(parts, ctx, account);
  if (fault) return showSecurity(parts, ctx, account, { codes: fault });
  await parts.oneTimeCodes.remove(account.id);
  await parts.recoveryCodes.replace(account.id, []);
  parts.trail.tell(ctx, 'codes.turned_off', { accountId: account.id });
  seeOther(ctx, `${parts.issuerPath}/account/security`, { code: 'codesOff' });
}

async function checkPasswordAgain(
  parts: SecurityParts,
  ctx: ParameterizedContext,
  { username }: Account,
): Promise<Fault | undefined> {
  const { password } = readForm(ctx);
  const typed = typeof password === 'string' ? password : '';
  const check = await checkCredentials(parts, ctx, { username, password: typed });
  return 'refused' in check ? sayOfCurrent(check.refused.fault) : undefined;
}

/** The password first: whoever does not know it uses up no code. */
async function checkBoth(
  parts: SecurityParts,
  ctx: ParameterizedContext,
  account: Account,
): Promise<Fault | undefined> {
  const fault = await checkPasswordAgain(parts, ctx, account);
  if (fault) return fault;
  // Somebody removed them in another window: nothing is left to show a code of.
  if (!(await parts.oneTimeCodes.find(account.id))) {
    ctx.status = 409;
    return { code: 'noCodes' };
  }
  const check = await checkCode(parts, ctx, account, { typed: String(readForm(ctx)['code'] ?? '') });
  return 'fault' in check ? check.fault : undefined;
}
