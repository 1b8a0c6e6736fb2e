// Our rules for a token that loop-auth calls active: right kind, right issuer, meant for us, not expired.
import { type Reach, readNarrowing } from './authorization-details.ts';
import type { ActiveToken, Introspection } from './introspection.ts';
import { AuthorizationServerUnreachable, IntrospectionFailed } from './introspection-errors.ts';

export interface Principal {
  subject: string;
  clientId: string;
  /** As people know them; undefined where nobody says so. */
  clientName?: string;
  username?: string;
  /** Without those that the grant's details take away. */
  scopes: readonly string[];
  /** Epoch seconds. */
  expiresAt: number;
  /** What of the vault; undefined for all. */
  reach?: Reach;
  /** Scopes that the person did not give: no challenge names them, since asking again would change nothing. */
  withheld?: readonly string[];
}

export type Verification =
  | { outcome: 'active'; principal: Principal }
  | { outcome: 'inactive'; formerly?: Pick<Principal, 'subject' | 'clientId'> }
  | { outcome: 'unavailable'; retryAfterSeconds: number; cause: Error };

export interface TokenVerifierOptions {
  /** An answer that is known comes at once, without a promise. */
  introspect(token: string): Introspection | Promise<Introspection>;
  issuer: string;
  /** Whether an audience (RFC 7662, section 2.2) or the location of a detail is what the token is checked for. */
  isOwn(audience: string): boolean;
}

/** A token that is known is judged at once, without a promise. */
export type TokenVerifier = (token: string) => Verification | Promise<Verification>;

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer, isOwn } = options;
  // of a token that is known, its details are read once
  const narrowed = new WeakMap<ActiveToken, Narrowed>();
  const narrow = (token: ActiveToken): Narrowed => {
    const known = narrowed.get(token) ?? narrowToken(token, isOwn);
    narrowed.set(token, known);
    return known;
  };
  const judge = (answer: Introspection): Verification => {
    const isOurs = answer.active && isForUs(answer, issuer, isOwn);
    const principal = isOurs ? findPrincipal(answer, narrow) : undefined;
    return principal ? { outcome: 'active', principal } : { outcome: 'inactive', ...formerOwner(answer) };
  };
  return (token) => {
    const answer = options.introspect(token);
    return answer instanceof Promise ? answer.then(judge).catch(toUnavailable) : judge(answer);
  };
}

function formerOwner(answer: Introspection): Pick<Verification & { outcome: 'inactive' }, 'formerly'> {
  const { subject, clientId } = (answer.active ? answer : answer.formerly) ?? {};
  return subject === undefined || clientId === undefined ? {} : { formerly: { subject, clientId } };
}

function toUnavailable(error: unknown): Verification {
  if (error instanceof AuthorizationServerUnreachable || error instanceof IntrospectionFailed) {
    // loop-auth is asked again at once when the next call comes: a second is enough to wait
    return { outcome: 'unavailable', retryAfterSeconds: 1, cause: error };
  }
  throw error;
}

function isForUs(token: ActiveToken, issuer: string, isOwn: (audience: string) => boolean): boolean {
  return token.tokenType?.toLowerCase() === 'bearer' && token.issuer === issuer && token.audience.some(isOwn);
}

function findPrincipal(token: ActiveToken, narrow: (token: ActiveToken) => Narrowed): Principal | undefined {
  const { subject, clientId, expiresAt, scopes, authorizationDetails } = token;
  if (subject === undefined || clientId === undefined || expiresAt === undefined) return undefined;
  if (expiresAt * 1_000 <= Date.now()) return undefined;
  const { scopes: left, ...reach } = authorizationDetails === undefined ? { scopes } : narrow(token);
  return { subject, clientId, ...namesOf(token), scopes: left, expiresAt, ...reach };
}

function namesOf({ clientName, username }: ActiveToken): Pick<Principal, 'clientName' | 'username'> {
  return {
    ...(clientName === undefined ? {} : { clientName }),
    ...(username === undefined ? {} : { username }),
  };
}

type Narrowed = Pick<Principal, 'scopes' | 'reach' | 'withheld'>;

function narrowToken(
  { scopes, authorizationDetails }: ActiveToken,
  isOwn: (location: string) => boolean,
): Narrowed {
  const narrowing = readNarrowing(authorizationDetails, isOwn);
  if (narrowing === undefined) return { scopes };
  const { readable, writable, isWriteWithheld } = narrowing;
  const canWrite = writable === undefined || writable.length > 0;
  const isTaken = !canWrite && scopes.includes('vault.write');
  const isAll = readable === undefined && (writable === undefined || !canWrite);
  return {
    scopes: isTaken ? withoutWriting(scopes) : scopes,
    ...(isAll ? {} : { reach: { readable, writable } }),
    ...(isTaken || isWriteWithheld ? { withheld: ['vault.write'] } : {}),
  };
}

// vault.write includes reading, which the details still give
function withoutWriting(scopes: readonly string[]): string[] {
  return [...new Set(scopes.map((scope) => (scope === 'vault.write' ? 'vault.read' : scope)))];
}
