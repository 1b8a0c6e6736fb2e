// /account/keys: access keys for programs that can't sign in are made, shown once, listed and revoked.
import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import {
  type AccessKeyStore,
  KeyExists,
  TooManyKeys,
} from '../../../adapters/stores/access-keys/access-keys.ts';
import type { Account } from '../../../adapters/stores/accounts.ts';
import type { ResourceDescriptionStore } from '../../../adapters/stores/resources.ts';
import { networkOf } from '../../http/limits/network.ts';
import { seeOther, showPage } from '../../http/pages/frame.ts';
import { type KeyFault, keysPage, madeKeyPage } from '../../pages/account/keys.ts';
import { clientIdOf } from '../../vault/access-keys/value.ts';
import { defaultDays, keyLimits, makeKey, readDays, readKeyName } from '../../vault/access-keys/wish.ts';
import { findDescription, type VaultDescription } from '../../vault/description.ts';
import { type ChoiceForm, readChoice, readChoiceForm } from '../consent/choice.ts';
import { rawBody } from '../password-check.ts';
import { askToSignIn, type OwnSignInParts, requireRecentPassword } from './sign-in.ts';

export interface KeyPageParts extends OwnSignInParts {
  readonly accessKeys: AccessKeyStore;
  readonly descriptions: ResourceDescriptionStore;
  /** loop-api's: what keys are for. */
  readonly resource: string;
}

/** What the form holds, each field as it was sent. */
interface KeyForm extends ChoiceForm {
  readonly name: string;
  readonly days: string;
  readonly form: string | undefined;
}

export function createKeyRoutes(parts: KeyPageParts): Middleware {
  const router = new Router();
  const page = `${parts.issuerPath}/account/keys`;
  router.get('/account/keys', async (ctx) => {
    const account = await parts.sessions.find(ctx);
    if (!account) return askToSignIn(parts, ctx, { back: page + ctx.search });
    await show(parts, ctx, account, { form: readKeyForm(ctx.querystring) });
  });
  router.post('/account/keys', parts.form, async (ctx) => {
    const account = await parts.sessions.find(ctx);
    const sent = rawBody(ctx);
    const action = new URLSearchParams(sent).get('action');
    const form = readKeyForm(sent);
    if (!account) return askToSignIn(parts, ctx, { back: action === null ? addressOf(page, form) : page });
    if (action === 'revoke') await revoke(parts, ctx, account, sent);
    else if (action === null) await make(parts, ctx, account, form);
    else ctx.throw(400, 'action must be revoke');
  });
  return router.routes() as Middleware;
}

function readKeyForm(text: string): KeyForm {
  const sent = new URLSearchParams(text);
  const { access, ...where } = readChoiceForm(text);
  return {
    ...where,
    // Whoever says nothing of it gets less.
    access: access.length === 0 ? ['read'] : access,
    name: sent.get('name') ?? '',
    days: sent.get('days') ?? String(defaultDays),
    form: sent.get('form') || undefined,
  };
}

/** Where the form is as it was filled in; it has to be sent from there, since nothing is made by an address. */
function addressOf(page: string, { name, days, access, reach, folders }: KeyForm): string {
  const filled = new URLSearchParams({ name, days });
  for (const value of access) filled.append('access', value);
  for (const value of reach) filled.append('reach', value);
  // Too long without its folders: then they are chosen again, since `some` without any is refused.
  const short = `${page}?${filled}`;
  for (const value of folders) filled.append('folders', value);
  const whole = `${page}?${filled}`;
  // As much as leads back (way-back.ts).
  return whole.length <= 2000 ? whole : short;
}

interface Shown {
  readonly form: KeyForm;
  readonly fault?: KeyFault;
}

async function show(
  parts: KeyPageParts,
  ctx: ParameterizedContext,
  account: Account,
  { form, fault }: Shown,
): Promise<void> {
  const { accessKeys, issuerPath } = parts;
  const page = `${issuerPath}/account/keys`;
  const vault = await findVault(parts);
  const keys = await accessKeys.listOfAccount(account.id);
  const { name, days } = form;
  const data = {
    formAction: page,
    accountHref: `${issuerPath}/account`,
    keys,
    now: Math.floor(Date.now() / 1000),
    most: keyLimits,
    form: randomUUID(),
    vault,
    chosen: {
      name: name.slice(0, keyLimits.name),
      days,
      access: form.access[0] === 'write' ? ('write' as const) : ('read' as const),
      reach: form.reach[0] === 'some' ? ('some' as const) : ('all' as const),
      folders: form.folders,
    },
    fault,
  };
  showPage(ctx, keysPage, data, { address: page, vaultName: vault?.name });
}

function findVault({ descriptions, resource }: KeyPageParts): Promise<VaultDescription | undefined> {
  return findDescription(descriptions, resource);
}

async function make(
  parts: KeyPageParts,
  ctx: ParameterizedContext,
  account: Account,
  form: KeyForm,
): Promise<void> {
  const vault = await findVault(parts);
  const wish = readWish(form, vault);
  // Before the password, so that a mistake costs nobody a second one.
  if ('fault' in wish) return refuse(parts, ctx, account, { form, fault: wish.fault });
  const page = `${parts.issuerPath}/account/keys`;
  if (!(await requireRecentPassword(parts, ctx, addressOf(page, form)))) return;
  const madeFrom = networkOf(ctx.state['address']);
  const whole = { ...wish, accountId: account.id, madeFrom, form: form.form };
  try {
    const { id, value, expiresAt } = await makeKey(parts.accessKeys, whole);
    parts.trail.tell(ctx, 'access_key.created', { accountId: account.id, clientId: clientIdOf({ id }) });
    const { issuerPath, resource } = parts;
    const data = {
      ...whole,
      value,
      expiresAt,
      resource,
      keysHref: page,
      accountHref: `${issuerPath}/account`,
    };
    showPage(ctx, madeKeyPage, data, { address: page });
  } catch (error) {
    // A page that is loaded again sends its form again: the key that it showed is there, and is not shown twice.
    if (error instanceof KeyExists) return seeOther(ctx, page, { code: 'keyShownOnce' });
    if (error instanceof TooManyKeys) return refuse(parts, ctx, account, { form, fault: 'tooMany' });
    throw error;
  }
}

function readWish(form: KeyForm, vault: VaultDescription | undefined) {
  const named = readKeyName(form.name);
  if ('fault' in named) return named;
  const lasting = readDays(form.days);
  if (!lasting) return { fault: 'days' as const };
  const choice = readChoice(form, { asksToWrite: true, vault });
  return 'fault' in choice ? choice : { ...named, ...lasting, ...choice };
}

async function refuse(
  parts: KeyPageParts,
  ctx: ParameterizedContext,
  account: Account,
  shown: Required<Shown>,
): Promise<void> {
  ctx.status = 422;
  await show(parts, ctx, account, shown);
}

/** At once: a program that has a key it should not have is not let in for the length of a question. */
async function revoke(
  { accessKeys, trail, issuerPath }: KeyPageParts,
  ctx: ParameterizedContext,
  { id: accountId }: Account,
  sent: string,
): Promise<void> {
  const id = new URLSearchParams(sent).get('id') ?? '';
  const isRevoked = await accessKeys.revoke(accountId, id);
  if (isRevoked)
    trail.tell(ctx, 'access_key.revoked', { accountId, clientId: clientIdOf({ id }), reason: 'person' });
  seeOther(ctx, `${issuerPath}/account/keys`, { code: isRevoked ? 'keyRevoked' : 'keyGone' });
}
