// What a person has to be asked for: the scopes that no grant holds yet.
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { isOpenidScope, splitScopes } from '../scopes.ts';

/**
 * The library's own rules, but for one: it takes every scope that discovery lists for OpenID Connect's, so that grants
 * would hold what opens the vault a second time, outside any resource.
 */
export function createInteractionPolicy(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const consent = policy.get('consent');
  if (!consent?.checks.get('op_scopes_missing'))
    throw new Error('the library asks for OpenID scopes otherwise');
  consent.checks.remove('op_scopes_missing');
  const missing = ({ oidc }: KoaContextWithOIDC): string[] => {
    const encountered = splitScopes(oidc.entities.Grant?.getOIDCScopeEncountered());
    return splitScopes(oidc.params?.['scope'] as string | undefined).filter(
      (scope) => isOpenidScope(scope) && !encountered.includes(scope),
    );
  };
  consent.checks.add(
    new interactionPolicy.Check(
      'op_scopes_missing',
      'requested scopes not granted',
      (ctx) => missing(ctx).length > 0,
      (ctx) => ({ missingOIDCScope: missing(ctx) }),
    ),
  );
  return policy;
}
