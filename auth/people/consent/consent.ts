// Consent: what the person is shown of an app that asks, and what their answer becomes in the grant.
import type { ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import type { AccountConnectionStore } from '../../../adapters/stores/account-connections.ts';
import type { AccountStore } from '../../../adapters/stores/accounts.ts';
import type { ConsentStore } from '../../../adapters/stores/consents.ts';
import type { ResourceDescriptionStore } from '../../../adapters/stores/resources.ts';
import { documentHost } from '../../clients/document.ts';
import { networkOf } from '../../http/limits/network.ts';
import { showPage } from '../../http/pages/frame.ts';
import type { Trail } from '../../http/trail.ts';
import { type ConsentData, consentPage, type ShownChoice } from '../../pages/consent.ts';
import type { Resources } from '../../resources.ts';
import { isOpenidScope, isVaultScope } from '../../scopes.ts';
import { appOf, type LedgerKeeper } from '../../timeline/ledger.ts';
import { giveVault, type VaultChoice, type VaultDetail, vaultDetail } from '../../vault/access.ts';
import { findDescription } from '../../vault/description.ts';
import type { AccountSessions } from '../account-session.ts';
import { rawBody, readForm } from '../password-check.ts';
import { askAnew, finish, frameOf, missingOf, nameOf, shownDestination, type Turn } from '../turn.ts';
import { wantOther } from '../upstream/other.ts';
import type { Upstream } from '../upstream/upstream.ts';
import {
  type ChoiceFault,
  type ChoiceForm,
  defaultAccess,
  type Offer,
  readChoice,
  readChoiceForm,
} from './choice.ts';
import { readServed } from './served.ts';

// Grants that consent made outlast this; those for one silent answer do not.
const yearSeconds = 365 * 24 * 3600;

export interface ConsentParts {
  readonly provider: Provider;
  readonly accounts: AccountStore;
  readonly consents: ConsentStore;
  readonly accountConnections: Pick<AccountConnectionStore, 'rememberPlace'>;
  readonly descriptions: ResourceDescriptionStore;
  readonly resources: Pick<Resources, 'describedAs' | 'findServed'>;
  readonly trail: Trail;
  readonly ledger: LedgerKeeper;
  readonly sessions: Pick<AccountSessions, 'end'>;
  /** The identity provider beside us, if there is one. */
  readonly upstream: Upstream | undefined;
  /** How long a connection lasts that nobody uses. */
  readonly idleSeconds: number;
  /** Whether an operator made that client, and so gave it its name. */
  readonly isSeeded: (clientId: string) => Promise<boolean>;
}

/** An answer that could not be taken: the page is shown again with it. */
interface Refused {
  readonly form: ChoiceForm;
  readonly fault: ChoiceFault;
}

export async function showConsent(
  parts: ConsentParts,
  ctx: ParameterizedContext,
  turn: Turn,
  refused?: Refused,
): Promise<void> {
  const { client, action } = turn;
  const account = await parts.accounts.findById(accountOf(turn));
  const offer = await readOffer(parts, turn);
  const before = await findBefore(parts, turn);
  const chosen = offer && (refused ? chosenIn(refused.form, offer) : chosenBefore(before?.detail, offer));
  const data: ConsentData = {
    action,
    clientName: nameOf(client),
    clientUri: client.clientUri,
    isNamedByOperator: await parts.isSeeded(client.clientId),
    destination: shownDestination(turn),
    describedAt: documentHost(client.clientId),
    accountName: account?.username ?? '',
    // How long it lasts is told in any case.
    scopes: requestedScopes(turn).filter((scope) => isOpenidScope(scope) && scope !== 'offline_access'),
    served: await readServed(parts.resources, missingOf(turn).missingResourceScopes),
    vault: offer && chosen && { ...offer, chosen },
    before,
    lastsSeconds: client.grantTypeAllowed('refresh_token') ? parts.idleSeconds : undefined,
    fault: refused?.fault,
  };
  const extras = { accountName: data.accountName, vaultName: offer?.vault?.name };
  showPage(ctx, consentPage, data, { ...frameOf(turn), ...extras });
}

export async function decide(parts: ConsentParts, ctx: ParameterizedContext, turn: Turn): Promise<void> {
  const { decision } = readForm(ctx);
  const facts = { accountId: accountOf(turn), clientId: turn.client.clientId };
  if (decision === 'other-account') {
    await parts.sessions.end(ctx);
    if (parts.upstream) wantOther(ctx);
    return askAnew(ctx, turn.interaction);
  }
  if (decision === 'deny') {
    parts.trail.tell(ctx, 'consent.denied', facts);
    const denied = { error: 'access_denied', error_description: 'the user denied the request' };
    return finish(parts.provider, ctx, denied);
  }
  if (decision !== 'allow') ctx.throw(400, 'decision must be allow, deny or other-account');
  const offer = await readOffer(parts, turn);
  const form = readChoiceForm(rawBody(ctx));
  const choice = offer ? readChoice(form, offer) : { access: 'read' as const };
  if ('fault' in choice) {
    ctx.status = 422;
    return showConsent(parts, ctx, turn, { form, fault: choice.fault });
  }
  const grantId = await grant(parts, turn, choice);
  await parts.accountConnections.rememberPlace(grantId, networkOf(ctx.state['address']));
  await enterLedger(parts, ctx, turn, grantId);
  parts.trail.tell(ctx, 'consent.allowed', {
    ...facts,
    grantId,
    ...(turn.terminal && { reason: 'device' }),
  });
  await finish(parts.provider, ctx, { consent: { grantId } });
}

// Without a refresh token nothing lasts, and nobody expects to be spared the next sign-in.
async function enterLedger(
  { ledger }: ConsentParts,
  ctx: ParameterizedContext,
  turn: Turn,
  grantId: string,
): Promise<void> {
  const { client } = turn;
  if (!client.grantTypeAllowed('refresh_token')) return;
  await ledger.enter({
    grantId,
    accountId: accountOf(turn),
    clientId: client.clientId,
    app: appOf(client),
    network: networkOf(ctx.state['address']),
    scopes: requestedScopes(turn),
  });
}

/** Grants what the page showed, as far as the person chose it: what was found to be asked for and not yet granted. */
async function grant({ provider }: ConsentParts, turn: Turn, choice: VaultChoice): Promise<string> {
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes = {} } = missingOf(turn);
  const made = new provider.Grant({ accountId: accountOf(turn), clientId: turn.client.clientId });
  if (missingOIDCScope) made.addOIDCScope(missingOIDCScope.join(' '));
  if (missingOIDCClaims) made.addOIDCClaims(missingOIDCClaims);
  for (const [resource, scopes] of Object.entries(missingResourceScopes)) {
    if (scopes.some(isVaultScope)) giveVault(made, resource, scopes, choice);
    else made.addResourceScope(resource, scopes.join(' '));
  }
  if (choice.access === 'read') await askToRead(turn);
  return made.save();
}

// Writing includes reading, and an app that asked for it alone would get a token without any scope where it is withheld.
async function askToRead({ interaction }: Turn): Promise<void> {
  const scopes = String(interaction.params['scope'] ?? '').split(' ');
  if (!scopes.includes('vault.write') || scopes.includes('vault.read')) return;
  interaction.params['scope'] = [...scopes, 'vault.read'].join(' ');
  await interaction.persist();
}

/** Undefined where nothing of the vault is asked for. */
async function readOffer({ descriptions, resources }: ConsentParts, turn: Turn): Promise<Offer | undefined> {
  const asked = Object.entries(missingOf(turn).missingResourceScopes ?? {});
  const first = asked.find(([, ofResource]) => ofResource.some(isVaultScope));
  if (!first) return undefined;
  const [resource, scopes] = first;
  const vault = await findDescription(descriptions, resources.describedAs(resource));
  return { asksToWrite: scopes.includes('vault.write'), vault };
}

/** What the same person gave the same app last. */
async function findBefore(parts: ConsentParts, turn: Turn): Promise<ConsentData['before']> {
  const [last] = await parts.consents.listGiven(accountOf(turn), turn.client.clientId, yearSeconds);
  if (!last) return undefined;
  const given = new parts.provider.Grant(last as never);
  const resources = Object.keys(missingOf(turn).missingResourceScopes ?? {});
  const details = resources.map((resource) => vaultDetail(given, resource));
  return { since: Number(last.iat), detail: details.find((detail) => detail !== undefined) };
}

function chosenIn({ access, reach, folders }: ChoiceForm, offer: Offer): ShownChoice {
  return {
    access: access[0] === 'read' ? 'read' : defaultAccess(offer),
    reach: reach[0] === 'some' ? 'some' : 'all',
    folders,
  };
}

function chosenBefore(
  before: Pick<VaultDetail, 'actions' | 'folders'> | undefined,
  offer: Offer,
): ShownChoice {
  // Of folders that are gone meanwhile nothing is left to choose; some were chosen all the same, and not all.
  const there = before?.folders?.filter((folder) => offer.vault?.folders.includes(folder));
  return {
    access: before && !before.actions.includes('write') ? 'read' : defaultAccess(offer),
    reach: there ? 'some' : 'all',
    folders: there ?? [],
  };
}

function accountOf({ interaction }: Turn): string {
  return String(interaction.session?.accountId);
}

function requestedScopes(turn: Turn): string[] {
  const { missingOIDCScope = [], missingResourceScopes = {} } = missingOf(turn);
  return [...new Set([...Object.values(missingResourceScopes).flat(), ...missingOIDCScope])];
}
