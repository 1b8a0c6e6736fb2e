// Sign-in in the middle of an authorization: which page is next, and what a right password becomes. Consent: consent.ts.
// The room: what a person does here, and what it takes to know who they are. Not how pages look: pages/.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import type { Account } from '../../adapters/stores/accounts.ts';
import { documentHost } from '../clients/document.ts';
import { showPage } from '../http/pages/frame.ts';
import { type SignInData, signInPage } from '../pages/sign-in.ts';
import { isOpenidScope, splitScopes } from '../scopes.ts';
import { askForCookies } from './account/kept-cookies.ts';
import { offerWays } from './account/ways.ts';
import type { AccountSessions } from './account-session.ts';
import { type ConsentParts, decide, showConsent } from './consent/consent.ts';
import { showCode } from './factors/code-form.ts';
import { byPassword } from './factors/shown.ts';
import { checkSignIn, type SignInCheck } from './factors/two-steps.ts';
import { type FormRefused, readForm } from './password-check.ts';
import {
  askAnew,
  findTurn,
  finish,
  frameOf,
  hasSessionEnded,
  nameOf,
  shownDestination,
  type Turn,
} from './turn.ts';
import { forgetOther, isOtherWanted } from './upstream/other.ts';
import { checkUpstream, goToUpstream, takeAttempt, type UpstreamParts } from './upstream/sign-in.ts';

export interface InteractionParts extends UpstreamParts, ConsentParts {
  readonly issuerPath: string;
  readonly sessions: AccountSessions;
  /** loop-api, whose pages are ours: a sign-in for them names no app. */
  readonly apiClientId: string;
  /** Body parsing and the refusal of foreign forms, in front of every POST. */
  readonly form: Middleware;
}

export function createInteractionRoutes(parts: InteractionParts): Middleware {
  const router = new Router();
  router.use('/interaction/:uid', askForCookies);
  router.get('/interaction/:uid', async (ctx) => {
    const turn = await findTurn(parts, ctx, ctx.params['uid']);
    if (turn.interaction.prompt.name === 'login') await beginSignIn(parts, ctx, turn);
    else if (await hasSessionEnded(parts.provider, ctx, turn)) await askAnew(ctx, turn.interaction);
    else await showConsent(parts, ctx, turn);
  });
  router.post('/interaction/:uid', parts.form, async (ctx) => {
    const turn = await findTurn(parts, ctx, ctx.params['uid']);
    if (turn.interaction.prompt.name === 'login') await signIn(parts, ctx, turn);
    else if (await hasSessionEnded(parts.provider, ctx, turn)) await askAnew(ctx, turn.interaction);
    else await decide(parts, ctx, turn);
  });
  router.get('/interaction/:uid/upstream', async (ctx) => {
    const turn = await findTurn(parts, ctx, ctx.params['uid']);
    const attempt = await takeAttempt(parts, ctx);
    const { uid, prompt } = turn.interaction;
    const isIts =
      'interaction' in attempt.goal && attempt.goal.interaction === uid && prompt.name === 'login';
    if (!isIts) return ctx.throw(400, 'that sign-in was for something else', { about: 'upstreamOver' });
    const asked = { turn: uid, clientId: turn.client.clientId };
    await goOn(parts, ctx, turn, await checkUpstream(parts, ctx, attempt, asked));
  });
  return router.routes() as Middleware;
}

/** Straight to the provider where there is no other way, unless it is to ask anew: then a person presses first. */
async function beginSignIn(parts: InteractionParts, ctx: ParameterizedContext, turn: Turn): Promise<void> {
  if (!parts.upstream?.isOnlyWay || isAnew(ctx, turn)) return showSignIn(parts, ctx, turn);
  return leave(parts, ctx, turn);
}

/** To the provider, or the page again with why not. */
async function leave(parts: InteractionParts, ctx: ParameterizedContext, turn: Turn): Promise<void> {
  const fault = await goToUpstream(
    parts,
    ctx,
    { interaction: turn.interaction.uid },
    { isAnew: isAnew(ctx, turn) },
  );
  if (fault) return showSignIn(parts, ctx, turn, { username: '', fault });
  forgetOther(ctx);
}

/** Whether whoever is signed in at the provider is to be asked all the same, or to choose another account. */
function isAnew(ctx: ParameterizedContext, { interaction }: Turn): boolean {
  const { max_age: maxAge, prompt } = interaction.params;
  const isAsked =
    maxAge !== undefined ||
    String(prompt ?? '')
      .split(' ')
      .includes('login');
  return isAsked || isOtherWanted(ctx) || readForm(ctx)['upstream'] === 'anew';
}

async function showSignIn(
  parts: InteractionParts,
  ctx: ParameterizedContext,
  turn: Turn,
  failed?: FormRefused,
): Promise<void> {
  const { action, client, interaction } = turn;
  const app = client.clientId === parts.apiClientId ? {} : describeApp(turn);
  const ways = await offerWays(parts, { bound: () => interaction.uid, failed });
  showPage(ctx, signInPage, { action, ...ways, ...app, ...failed }, frameOf(turn));
}

function describeApp(turn: Turn): Omit<SignInData, 'action'> {
  const { client, interaction } = turn;
  return {
    clientName: nameOf(client),
    destination: shownDestination(turn),
    describedAt: documentHost(client.clientId),
    isSignInOnly: isSignInOnly(splitScopes(String(interaction.params['scope'] ?? ''))),
  };
}

async function signIn(parts: InteractionParts, ctx: ParameterizedContext, turn: Turn): Promise<void> {
  const { interaction, client } = turn;
  if (readForm(ctx)['upstream'] !== undefined) return leave(parts, ctx, turn);
  const check = await checkSignIn(parts, ctx, { turn: interaction.uid, clientId: client.clientId });
  await goOn(parts, ctx, turn, check);
}

async function goOn(
  parts: InteractionParts,
  ctx: ParameterizedContext,
  turn: Turn,
  check: SignInCheck,
): Promise<void> {
  const { action } = turn;
  if ('refused' in check) return showSignIn(parts, ctx, turn, check.refused);
  if ('asked' in check) return showCode(ctx, { action, ...check.asked }, frameOf(turn));
  await endOther(parts, ctx, turn, check.account);
  const { account, shown = byPassword } = check;
  await finish(parts.provider, ctx, { login: { accountId: account.id, ...shown } });
}

/**
 * Where another account is signed in, its session ends first. The library would do it with a form that sends itself by a
 * script, which no page of ours may run.
 */
async function endOther(
  { provider, sessions }: InteractionParts,
  ctx: ParameterizedContext,
  turn: Turn,
  account: Account,
): Promise<void> {
  const { interaction } = turn;
  const hasEnded = (await hasSessionEnded(provider, ctx, turn)) || (await sessions.endOther(ctx, account));
  if (!hasEnded) return;
  delete interaction.session;
  await interaction.persist();
}

/** Who the person is, and nothing of the vault. */
function isSignInOnly(scopes: readonly string[]): boolean {
  return scopes.includes('openid') && !scopes.some((scope) => !isOpenidScope(scope));
}
