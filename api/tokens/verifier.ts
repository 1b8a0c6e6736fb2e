// Our rules for a token that loop-auth calls active: right kind, right issuer, meant for us, not expired.
import type { ActiveToken, Introspection } from './introspection.ts';
import { AuthorizationServerUnreachable, IntrospectionFailed } from './introspection-errors.ts';
import { canonicalIdentifier, type ResourceIdentifiers } from './resource-identifiers.ts';

export interface Principal {
  subject: string;
  clientId: string;
  scopes: readonly string[];
  /** Epoch seconds. */
  expiresAt: number;
}

export type Verification =
  | { outcome: 'active'; principal: Principal }
  | { outcome: 'inactive' }
  | { outcome: 'unavailable'; retryAfterSeconds: number; cause: Error };

export interface TokenVerifierOptions {
  /** An answer that is known comes at once, without a promise. */
  introspect(token: string): Introspection | Promise<Introspection>;
  issuer: string;
  resources: ResourceIdentifiers;
}

/** A token that is known is judged at once, without a promise. */
export type TokenVerifier = (token: string) => Verification | Promise<Verification>;

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer, resources } = options;
  const own = [resources.mcp, resources.sse].map((one) => canonicalIdentifier(resources, one));
  const isOwn = (audience: string): boolean => own.includes(canonicalIdentifier(resources, audience));
  const judge = (answer: Introspection): Verification => {
    const principal = answer.active ? findPrincipal(answer, issuer, isOwn) : undefined;
    return principal ? { outcome: 'active', principal } : { outcome: 'inactive' };
  };
  return (token) => {
    const answer = options.introspect(token);
    return answer instanceof Promise ? answer.then(judge).catch(toUnavailable) : judge(answer);
  };
}

function toUnavailable(error: unknown): Verification {
  if (error instanceof AuthorizationServerUnreachable || error instanceof IntrospectionFailed) {
    // loop-auth is asked again at once when the next call comes: a second is enough to wait
    return { outcome: 'unavailable', retryAfterSeconds: 1, cause: error };
  }
  throw error;
}

function findPrincipal(
  token: ActiveToken,
  issuer: string,
  isOwnAudience: (audience: string) => boolean,
): Principal | undefined {
  const isOurs =
    token.tokenType?.toLowerCase() === 'bearer' &&
    token.issuer === issuer &&
    token.audience.some(isOwnAudience);
  const { subject, clientId, expiresAt } = token;
  if (!isOurs || subject === undefined || clientId === undefined || expiresAt === undefined) return undefined;
  if (expiresAt * 1_000 <= Date.now()) return undefined;
  return { subject, clientId, scopes: token.scopes, expiresAt };
}
