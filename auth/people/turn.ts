// One step of a sign-in that the library keeps between pages: whose it is, and how it goes on.
import type { ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import { destinationOf } from '../clients/redirects/addresses.ts';
import type { ShownDestination } from '../pages/shown-client.ts';
import { rememberAsking } from '../timeline/observe.ts';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;
type Client = NonNullable<Awaited<ReturnType<Provider['Client']['find']>>>;

/** Where a terminal asked from, as limits count networks. */
interface Terminal {
  readonly network: string;
}

export interface Turn {
  readonly interaction: Interaction;
  readonly client: Client;
  /** Undefined where a terminal asks (RFC 8628): nobody is sent back to it. */
  readonly redirectUri: string | undefined;
  /** The terminal that asks. */
  readonly terminal: Terminal | undefined;
  readonly action: string;
}

/**
 * Throws SessionNotFound where the cookie does not belong to this page, InvalidClient where the client is gone, and
 * InvalidRedirectUri where the address is: the library asks for it when a sign-in begins, and never again.
 */
export async function findTurn(
  { provider, issuerPath }: { readonly provider: Provider; readonly issuerPath: string },
  ctx: ParameterizedContext,
  uid: unknown,
): Promise<Turn> {
  const interaction = await findInteraction(provider, ctx);
  if (interaction.uid !== uid) throw new errors.SessionNotFound('another sign-in is going on');
  rememberAsking(ctx, interaction.params, interaction.deviceCode);
  const client = await provider.Client.find(String(interaction.params['client_id']));
  if (!client) throw new errors.InvalidClient('client is gone', 'client not found');
  const action = `${issuerPath}/interaction/${interaction.uid}`;
  const terminal = await findTerminal(provider, interaction);
  if (terminal) return { interaction, client, redirectUri: undefined, terminal, action };
  const redirectUri = String(interaction.params['redirect_uri'] ?? client.redirectUris?.[0]);
  if (!client.redirectUriAllowed(redirectUri)) throw new errors.InvalidRedirectUri();
  return { interaction, client, redirectUri, terminal, action };
}

/** Throws SessionNotFound where its code ran out meanwhile. */
async function findTerminal(provider: Provider, { deviceCode }: Interaction): Promise<Terminal | undefined> {
  if (deviceCode === undefined) return undefined;
  const code = await provider.DeviceCode.find(deviceCode);
  if (!code) throw new errors.SessionNotFound('the device code has expired');
  return code['deviceInfo'] as unknown as Terminal;
}

// Not interactionDetails: it finds nothing where the session has ended meanwhile, and then there is a way on.
async function findInteraction(provider: Provider, ctx: ParameterizedContext): Promise<Interaction> {
  const id = ctx.cookies.get(provider.cookieName('interaction'), { signed: true });
  const interaction = id === undefined ? undefined : await provider.Interaction.find(id);
  if (!interaction) throw new errors.SessionNotFound('interaction session not found');
  return interaction;
}

/** An app's wish for a language came with its request, and a form that was sent in vain is asked for again as it was. */
export function frameOf({ interaction, action }: Turn): { uiLocales: unknown; address: string } {
  return { uiLocales: interaction.params['ui_locales'], address: action };
}

// Not interactionFinished: it would answer before the unit of work has committed.
export async function finish(
  provider: Provider,
  ctx: ParameterizedContext,
  result: Parameters<Provider['interactionResult']>[2],
): Promise<void> {
  const returnTo = await provider.interactionResult(ctx.req, ctx.res, result, {
    mergeWithLastSubmission: true,
  });
  ctx.redirect(returnTo);
  ctx.status = 303;
}

/** The same sign-in once more, for whoever is signed in now. */
export async function askAnew(ctx: ParameterizedContext, interaction: Interaction): Promise<void> {
  delete interaction.session;
  interaction.result = {};
  await interaction.persist();
  ctx.redirect(interaction.returnTo);
  ctx.status = 303;
}

/** Whether the session that a sign-in goes on in has ended meanwhile, as by another tab of the browser. */
export async function hasSessionEnded(
  provider: Provider,
  ctx: ParameterizedContext,
  { interaction }: Turn,
): Promise<boolean> {
  const uid = interaction.session?.uid;
  return uid !== undefined && (await provider.Session.get(ctx as never)).uid !== uid;
}

/** What the library found to be asked for and not granted yet. */
interface Missing {
  readonly missingOIDCScope?: string[];
  readonly missingOIDCClaims?: string[];
  readonly missingResourceScopes?: Record<string, string[]>;
}

export function missingOf({ interaction }: Turn): Missing {
  return interaction.prompt.details as Missing;
}

/** Where its answer goes: a terminal gets it where it asked from. */
export function shownDestination({ redirectUri, terminal }: Turn): ShownDestination {
  return terminal ? { kind: 'terminal', name: terminal.network } : destinationOf(String(redirectUri));
}

export function nameOf(client: Client): string {
  return client.clientName ?? client.clientId;
}
