// Sign-in and consent: what the person is shown, and what their answer becomes in the authorization.
// The room: what a person does here, and what it takes to know who they are. Not how pages look: pages/.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import { documentHost } from '../clients/document.ts';
import { destinationOf } from '../clients/redirects/addresses.ts';
import { showPage } from '../http/frame.ts';
import { type ConsentData, consentPage } from '../pages/consent.ts';
import { signInPage } from '../pages/sign-in.ts';
import { isVaultScope } from '../scopes.ts';
import { checkPassword, type FormRefused, type PasswordCheckParts, readForm } from './password-check.ts';

export interface InteractionParts extends PasswordCheckParts {
  readonly provider: Provider;
  readonly issuerPath: string;
  /** Whether an operator made that client, and so gave it its name. */
  readonly isSeeded: (clientId: string) => Promise<boolean>;
  /** Body parsing and the refusal of foreign forms, in front of every POST. */
  readonly form: Middleware;
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;
type Client = NonNullable<Awaited<ReturnType<Provider['Client']['find']>>>;

interface Turn {
  readonly interaction: Interaction;
  readonly client: Client;
  readonly redirectUri: string;
  readonly action: string;
}

export function createInteractionRoutes(parts: InteractionParts): Middleware {
  const router = new Router();
  router.get('/interaction/:uid', async (ctx) => {
    const turn = await findTurn(parts, ctx, ctx.params['uid']);
    if (turn.interaction.prompt.name === 'login') showSignIn(ctx, turn);
    else await showConsent(parts, ctx, turn);
  });
  router.post('/interaction/:uid', parts.form, async (ctx) => {
    const turn = await findTurn(parts, ctx, ctx.params['uid']);
    if (turn.interaction.prompt.name === 'login') await signIn(parts, ctx, turn);
    else await decide(parts, ctx, turn);
  });
  return router.routes() as Middleware;
}

/**
 * Throws SessionNotFound where the cookie does not belong to this page, InvalidClient where the client is gone, and
 * InvalidRedirectUri where the address is: the library asks for it when a sign-in begins, and never again.
 */
async function findTurn(parts: InteractionParts, ctx: ParameterizedContext, uid: unknown): Promise<Turn> {
  const interaction = await parts.provider.interactionDetails(ctx.req, ctx.res);
  if (interaction.uid !== uid) throw new errors.SessionNotFound('another sign-in is going on');
  const client = await parts.provider.Client.find(String(interaction.params['client_id']));
  if (!client) throw new errors.InvalidClient('client is gone', 'client not found');
  const redirectUri = String(interaction.params['redirect_uri'] ?? client.redirectUris?.[0]);
  if (!client.redirectUriAllowed(redirectUri)) throw new errors.InvalidRedirectUri();
  const action = `${parts.issuerPath}/interaction/${interaction.uid}`;
  return { interaction, client, redirectUri, action };
}

function showSignIn(ctx: ParameterizedContext, turn: Turn, failed?: FormRefused): void {
  const { client, interaction, redirectUri, action } = turn;
  const data = {
    action,
    clientName: nameOf(client),
    destination: destinationOf(redirectUri),
    describedAt: documentHost(client.clientId),
    isSignInOnly: isSignInOnly(String(interaction.params['scope'] ?? '').split(' ')),
    ...failed,
  };
  showPage(ctx, signInPage, data, frameOf(turn));
}

/** An app's wish for a language came with its request, and a form that was sent in vain is asked for again as it was. */
function frameOf({ interaction, action }: Turn): { uiLocales: unknown; address: string } {
  return { uiLocales: interaction.params['ui_locales'], address: action };
}

async function showConsent(
  { accounts, isSeeded }: InteractionParts,
  ctx: ParameterizedContext,
  turn: Turn,
): Promise<void> {
  const { client, interaction, redirectUri, action } = turn;
  const account = await accounts.findById(String(interaction.session?.accountId));
  const scopes = requestedScopes(interaction);
  const data: ConsentData = {
    action,
    clientName: nameOf(client),
    clientUri: client.clientUri,
    isNamedByOperator: await isSeeded(client.clientId),
    destination: destinationOf(redirectUri),
    describedAt: documentHost(client.clientId),
    accountName: account?.username ?? '',
    isSignInOnly: isSignInOnly(scopes),
    scopes,
  };
  showPage(ctx, consentPage, data, { ...frameOf(turn), accountName: data.accountName });
}

async function signIn(parts: InteractionParts, ctx: ParameterizedContext, turn: Turn): Promise<void> {
  const check = await checkPassword(parts, ctx, turn.client.clientId);
  if ('account' in check) return finish(parts, ctx, { login: { accountId: check.account.id } });
  showSignIn(ctx, turn, check.refused);
}

async function decide(parts: InteractionParts, ctx: ParameterizedContext, turn: Turn): Promise<void> {
  const { decision } = readForm(ctx);
  const facts = { accountId: turn.interaction.session?.accountId, clientId: turn.client.clientId };
  if (decision === 'deny') {
    parts.trail.tell(ctx, 'consent.denied', facts);
    return finish(parts, ctx, { error: 'access_denied', error_description: 'the user denied the request' });
  }
  if (decision !== 'allow') ctx.throw(400, 'decision must be allow or deny');
  const grantId = await grant(parts, turn);
  parts.trail.tell(ctx, 'consent.allowed', { ...facts, grantId });
  await finish(parts, ctx, { consent: { grantId } });
}

/** Grants exactly what the page showed: what the library found to be asked for and not yet granted. */
async function grant({ provider }: InteractionParts, { interaction, client }: Turn): Promise<string> {
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = missingOf(interaction);
  const made = new provider.Grant({
    accountId: String(interaction.session?.accountId),
    clientId: client.clientId,
  });
  if (missingOIDCScope) made.addOIDCScope(missingOIDCScope.join(' '));
  if (missingOIDCClaims) made.addOIDCClaims(missingOIDCClaims);
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
    made.addResourceScope(resource, scopes.join(' '));
  }
  return made.save();
}

// Not interactionFinished: it would answer before the unit of work has committed.
async function finish(
  { provider }: InteractionParts,
  ctx: ParameterizedContext,
  result: Parameters<Provider['interactionResult']>[2],
): Promise<void> {
  const returnTo = await provider.interactionResult(ctx.req, ctx.res, result, {
    mergeWithLastSubmission: true,
  });
  ctx.redirect(returnTo);
  ctx.status = 303;
}

interface Missing {
  readonly missingOIDCScope?: string[];
  readonly missingOIDCClaims?: string[];
  readonly missingResourceScopes?: Record<string, string[]>;
}

function missingOf(interaction: Interaction): Missing {
  return interaction.prompt.details as Missing;
}

function requestedScopes(interaction: Interaction): string[] {
  const { missingOIDCScope = [], missingResourceScopes = {} } = missingOf(interaction);
  return [...new Set([...Object.values(missingResourceScopes).flat(), ...missingOIDCScope])];
}

/** Who the person is, and nothing of the vault. */
function isSignInOnly(scopes: readonly string[]): boolean {
  return scopes.includes('openid') && !scopes.some((scope) => isVaultScope(scope));
}

function nameOf(client: Client): string {
  return client.clientName ?? client.clientId;
}
