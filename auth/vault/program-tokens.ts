// Tokens for programs that act for an account without a person: client credentials (RFC 6749 section 4.4), narrowed and
// taken away as the grant of an app is. Who makes such programs: scripts/seed-client.ts.
import type Provider from 'oidc-provider';
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Program, ProgramStore } from '../../adapters/stores/programs.ts';
import type { CallLimits } from '../http/limits/calls.ts';
import type { Resources } from '../resources.ts';
import { splitScopes, vaultScopes } from '../scopes.ts';
import { createVaultDetail, resourcesOf, scopesGiven, type VaultChoice } from './access.ts';

const programGrantType = 'client_credentials';

export interface ProgramTokenParts {
  readonly programs: Pick<ProgramStore, 'findGrantId'>;
  readonly resources: Resources;
  readonly findAccount: NonNullable<Configuration['findAccount']>;
  readonly callLimits: Pick<CallLimits, 'issue'>;
}

/** What a program's grant holds, at each of the resources. */
export function giveProgram(resources: readonly string[], choice: VaultChoice): Program['gives'] {
  const scopes = choice.access === 'write' ? vaultScopes : [vaultScopes[0]];
  return {
    resources: Object.fromEntries(resources.map((resource) => [resource, scopes.join(' ')])),
    rar: resources.map((resource) => createVaultDetail(resource, scopes, choice)),
  };
}

/**
 * The library's own feature gives tokens that are nobody's and hang on no grant. These are access tokens of an account under
 * a grant as any other, without a refresh token (RFC 6749 section 4.4.3): the program has its secret.
 */
export function giveProgramsTokens(provider: Provider, parts: ProgramTokenParts): void {
  provider.registerGrantType(programGrantType, (ctx) => issue(provider, parts, ctx), ['scope', 'resource']);
}

async function issue(
  provider: Provider,
  { programs, resources, findAccount, callLimits }: ProgramTokenParts,
  ctx: KoaContextWithOIDC,
): Promise<void> {
  const { client, params = {} } = ctx.oidc;
  if (!client) throw new Error('the library has not said whose request it is');
  const grantId = await programs.findGrantId(client.clientId);
  const grant = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const account = grant && (await findAccount(ctx, String(grant.accountId)));
  if (!grant || !account) throw refuseProgram('what this program was given was taken away');
  await callLimits.issue(ctx, grant.jti);
  const resource = String(params['resource'] ?? resources.defaultResource(ctx, client));
  const server = await resources.getResourceServerInfo(ctx, resource);
  const made = resourcesOf(grant);
  if (!made.includes(resource)) throw new errors.InvalidTarget(`this program was made for ${made.join(' ')}`);
  const token = new provider.AccessToken({
    client,
    accountId: account.accountId,
    grantId: grant.jti,
    gty: programGrantType,
  } as never);
  token.resourceServer = new provider.ResourceServer(resource, server);
  const asked = splitScopes(params['scope'] as string | undefined);
  token.scope = scopesGiven(grant, resource, asked.length > 0 ? asked : vaultScopes);
  if (token.scope === '')
    throw new errors.InvalidScope('the program was not given that', asked.join(' ').slice(0, 200));
  ctx.oidc.entity('Grant', grant);
  ctx.oidc.entity('Account', account);
  ctx.oidc.entity('AccessToken', token);
  ctx.body = {
    access_token: await token.save(),
    expires_in: token.expiration,
    token_type: token.tokenType,
    scope: token.scope,
  };
}

function refuseProgram(description: string): Error {
  const error = new errors.UnauthorizedClient();
  error.error_description = description;
  return error;
}
