// Sign-in in the middle of an authorization: which page is next, and what a right password becomes. Consent: consent.ts.
// The room: what a person does here, and what it takes to know who they are. Not how pages look: pages/.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import type { Account } from '../../adapters/stores/accounts.ts';
import { documentHost } from '../clients/document.ts';
import { destinationOf } from '../clients/redirects/addresses.ts';
import { showPage } from '../http/pages/frame.ts';
import { type SignInData, signInPage } from '../pages/sign-in.ts';
import { isVaultScope, splitScopes } from '../scopes.ts';
import { askForCookies } from './account/kept-cookies.ts';
import type { AccountSessions } from './account-session.ts';
import { type ConsentParts, decide, showConsent } from './consent/consent.ts';
import { checkPassword, type FormRefused, type PasswordCheckParts } from './password-check.ts';
import { askAnew, findTurn, finish, frameOf, hasSessionEnded, nameOf, type Turn } from './turn.ts';

export interface InteractionParts extends PasswordCheckParts, ConsentParts {
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
    if (turn.interaction.prompt.name === 'login') showSignIn(parts, ctx, turn);
    else if (await hasSessionEnded(parts.provider, ctx, turn)) await askAnew(ctx, turn.interaction);
    else await showConsent(parts, ctx, turn);
  });
  router.post('/interaction/:uid', parts.form, async (ctx) => {
    const turn = await findTurn(parts, ctx, ctx.params['uid']);
    if (turn.interaction.prompt.name === 'login') await signIn(parts, ctx, turn);
    else if (await hasSessionEnded(parts.provider, ctx, turn)) await askAnew(ctx, turn.interaction);
    else await decide(parts, ctx, turn);
  });
  return router.routes() as Middleware;
}

function showSignIn(
  { apiClientId }: InteractionParts,
  ctx: ParameterizedContext,
  turn: Turn,
  failed?: FormRefused,
): void {
  const { action, client } = turn;
  const app = client.clientId === apiClientId ? {} : describeApp(turn);
  showPage(ctx, signInPage, { action, ...app, ...failed }, frameOf(turn));
}

function describeApp({ client, interaction, redirectUri }: Turn): Omit<SignInData, 'action'> {
  return {
    clientName: nameOf(client),
    destination: destinationOf(redirectUri),
    describedAt: documentHost(client.clientId),
    isSignInOnly: isSignInOnly(splitScopes(String(interaction.params['scope'] ?? ''))),
  };
}

async function signIn(parts: InteractionParts, ctx: ParameterizedContext, turn: Turn): Promise<void> {
  const check = await checkPassword(parts, ctx, turn.client.clientId);
  if ('refused' in check) return showSignIn(parts, ctx, turn, check.refused);
  await endOther(parts, ctx, turn, check.account);
  await finish(parts.provider, ctx, { login: { accountId: check.account.id } });
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
  return scopes.includes('openid') && !scopes.some((scope) => isVaultScope(scope));
}
