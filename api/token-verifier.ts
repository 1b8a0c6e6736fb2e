// Our rules for a token that loop-auth calls active: right kind, right issuer, meant for us, not expired.
import type { ActiveToken, Introspection } from './introspection.ts';
import { AuthorizationServerUnreachable, IntrospectionFailed } from './introspection-errors.ts';
import type { ResourceIdentifiers } from './resource-identifiers.ts';

export interface Principal {
  subject: string;
  clientId: string;
  scopes: readonly string[];
  /** Epoch seconds. */
  expiresAt: number;
}

type Verification =
  | { outcome: 'active'; principal: Principal }
  | { outcome: 'inactive' }
  | { outcome: 'unavailable'; retryAfterSeconds: number; cause: Error };

export interface TokenVerifierOptions {
  introspect(token: string): Promise<Introspection>;
  issuer: string;
  resources: ResourceIdentifiers;
}

export type TokenVerifier = (token: string) => Promise<Verification>;

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const audiences = [options.resources.mcp, options.resources.sse];
  return async (token) => {
    try {
      const answer = await options.introspect(token);
      const principal = answer.active ? findPrincipal(answer, options.issuer, audiences) : undefined;
      return principal ? { outcome: 'active', principal } : { outcome: 'inactive' };
    } catch (error) {
      if (error instanceof AuthorizationServerUnreachable || error instanceof IntrospectionFailed) {
        // loop-auth is asked again at once when the next call comes: a second is enough to wait
        return { outcome: 'unavailable', retryAfterSeconds: 1, cause: error };
      }
      throw error;
    }
  };
}

function findPrincipal(
  token: ActiveToken,
  issuer: string,
  audiences: readonly string[],
): Principal | undefined {
  const isOurs =
    token.tokenType?.toLowerCase() === 'bearer' &&
    token.issuer === issuer &&
    token.audience.some((audience) => audiences.includes(audience));
  const { subject, clientId, expiresAt } = token;
  if (!isOurs || subject === undefined || clientId === undefined || expiresAt === undefined) return undefined;
  if (expiresAt * 1_000 <= Date.now()) return undefined;
  return { subject, clientId, scopes: token.scopes, expiresAt };
}
