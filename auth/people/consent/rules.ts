// What a person has to be asked for: scopes that no grant holds yet, unless an app only wants to know again who they are.
import { type Configuration, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { ConsentStore } from '../../../adapters/stores/consents.ts';
import { isOpenidScope, isVaultScope, splitScopes } from '../../scopes.ts';

type OidcContext = KoaContextWithOIDC['oidc'];
type Grant = NonNullable<OidcContext['entities']['Grant']>;

/**
 * The library's own rules, but for two. It takes every scope that discovery lists for OpenID Connect's, so that grants
 * would hold what opens the vault a second time, outside any resource. And it fails over a session whose account was
 * disabled or deleted meanwhile.
 */
export function createInteractionPolicy(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const { Check } = interactionPolicy;
  policy
    .get('login')
    ?.checks.add(
      new Check(
        'account_gone',
        'the End-User account is gone',
        'login_required',
        ({ oidc }) => oidc.session?.accountId !== undefined && !oidc.entities.Account,
      ),
    );
  const consent = policy.get('consent');
  if (!consent?.checks.get('op_scopes_missing'))
    throw new Error('the library asks for OpenID scopes otherwise');
  consent.checks.remove('op_scopes_missing');
  const missing = ({ oidc }: KoaContextWithOIDC): string[] => {
    const encountered = splitScopes(oidc.entities.Grant?.getOIDCScopeEncountered());
    return requestedScopes(oidc).filter((scope) => isOpenidScope(scope) && !encountered.includes(scope));
  };
  consent.checks.add(
    new Check(
      'op_scopes_missing',
      'requested scopes not granted',
      'consent_required',
      (ctx) => missing(ctx).length > 0,
      (ctx) => ({ missingOIDCScope: missing(ctx) }),
    ),
  );
  return policy;
}

const yearSeconds = 365 * 24 * 3600;

/** All that loop-api's own sign-in is ever given: changing only where it asks for that, once somebody wants to undo something. */
export const ownScopes = ['openid', 'profile', 'vault.read', 'vault.write'] as const;

export interface GrantRules {
  /** How long a grant lasts that nobody was asked for. */
  readonly silentSeconds: number;
  /** loop-api, which shows a person their own notes: there is nobody else to ask about. */
  readonly own: { readonly clientId: string; readonly resource: string };
}

/**
 * A grant belongs to one authorization: revoking a connection, or a replay in it, leaves the others alone. So a grant is
 * the one that the person has just given, or with `prompt=none` a new one that repeats what they gave this app before.
 * It lasts about as long as the access token: nobody was asked, so nothing stays (docs/decisions).
 */
export function createGrantLoader(
  consents: ConsentStore,
  { silentSeconds, own }: GrantRules,
): NonNullable<Configuration['loadExistingGrant']> {
  return async ({ oidc }) => {
    const grantId = oidc.result?.consent?.grantId;
    if (grantId !== undefined) return oidc.provider.Grant.find(grantId);
    if (oidc.client?.clientId === own.clientId) return grantOwn(oidc, own.resource, silentSeconds);
    if (!mayAskSilently(oidc)) return undefined;
    const wanted = requestedScopes(oidc);
    const accountId = String(oidc.account?.accountId);
    const clientId = String(oidc.client?.clientId);
    const given = await consents.listGiven(accountId, clientId, yearSeconds);
    // Grants of earlier versions hold the vault's scopes here, too, and only a page gives these.
    const allowed = given
      .flatMap((grant) => splitScopes(new oidc.provider.Grant(grant as never).getOIDCScope()))
      .filter(isOpenidScope);
    if (!wanted.every((scope) => allowed.includes(scope))) return undefined;
    const made = new oidc.provider.Grant({ accountId, clientId, expiresIn: silentSeconds } as never);
    made.addOIDCScope(wanted.join(' '));
    await made.save();
    return made;
  };
}

async function grantOwn(oidc: OidcContext, resource: string, expiresIn: number): Promise<Grant> {
  const { accountId } = oidc.account ?? {};
  const made = new oidc.provider.Grant({ accountId, clientId: oidc.client?.clientId, expiresIn } as never);
  const asked = requestedScopes(oidc);
  const given = ownScopes.filter((scope) => scope !== 'vault.write' || asked.includes(scope));
  made.addOIDCScope(given.filter(isOpenidScope).join(' '));
  made.addResourceScope(resource, given.filter(isVaultScope).join(' '));
  await made.save();
  return made;
}

/** An app on the web that proves who it is: any other could be somebody else under the same name (RFC 8252 section 8.6). */
function mayAskSilently(oidc: OidcContext): boolean {
  const { client } = oidc;
  return (
    oidc.route === 'authorization' &&
    oidc.promptPending('none') &&
    client?.applicationType === 'web' &&
    client.tokenEndpointAuthMethod !== 'none'
  );
}

/** Whether a grant was made without asking, and ends with the one answer that it was made for. */
export function isSilent({ exp = Number.POSITIVE_INFINITY, iat }: Grant): boolean {
  return exp - iat < yearSeconds;
}

function requestedScopes(oidc: OidcContext): string[] {
  return splitScopes(oidc.params?.['scope'] as string | undefined);
}
