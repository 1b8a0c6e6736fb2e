// Decides about the access token (RFC 6750) before anything of the body is read.
// The room: whether a token is good, and for what. Not what a call needs: mcp/scopes.ts, tools/.
import type { Request, RequestHandler } from 'express';
import { RequestRefused } from '../http/errors.ts';
import { metadataUrlAsTyped, type ResourceIdentifiers } from './resource-identifiers.ts';
import type { Principal, TokenVerifier, Verification } from './verifier.ts';

/** How a route speaks of itself in WWW-Authenticate. */
export interface Challenge {
  /** RFC 9728, section 5.1. */
  metadataUrl: string;
  /** What a client should ask for: everything that it could do here. */
  scopes: readonly string[];
}

/** Names the metadata under the address at which the client came. */
export function createChallenge(
  resources: ResourceIdentifiers,
  form: 'mcp' | 'sse',
  scopes: readonly string[],
): (req: Request) => Challenge {
  return (req) => {
    const { host } = req.headers;
    const hasSlash = req.path === `/${form}/`;
    // only who is refused is told
    return {
      get metadataUrl() {
        return metadataUrlAsTyped(resources, form, { host, hasSlash });
      },
      scopes,
    };
  };
}

/** Asks once more about the token of a request, for what goes on after its answer has begun. */
export type VerifyAgain = () => ReturnType<TokenVerifier>;

/** Sets `res.locals.principal`, `verifyAgain` and `challenge`, or refuses with 400, 401 (and `formerly`) or 503. */
export function requireBearer(
  verify: TokenVerifier,
  challengeOf: (req: Request) => Challenge,
): RequestHandler {
  return (req, res, next) => {
    const challenge = challengeOf(req);
    res.locals['challenge'] = challenge;
    const token = readToken(req, challenge);
    const admit = (judged: Verification): void => {
      if (judged.outcome === 'inactive') res.locals['formerly'] = judged.formerly;
      res.locals['principal'] = findPrincipal(judged, challengeTo(token, challenge));
      res.locals['verifyAgain'] = (() => verify(token)) satisfies VerifyAgain;
      next();
    };
    const verification = verify(token);
    // at once where it can be: a body whose reader comes later takes a longer way through Node's streams
    return verification instanceof Promise ? verification.then(admit) : admit(verification);
  };
}

/** How loop-auth begins the access tokens of those from whom writing was withheld. */
const readerMark = 'ro~';

/**
 * What a token that is over could do nobody knows any more, but that it may not have been for writing. A client that is
 * told again of what was withheld asks the person for it later.
 */
function challengeTo(token: string, challenge: Challenge): Challenge {
  if (!token.startsWith(readerMark)) return challenge;
  return { ...challenge, scopes: challenge.scopes.filter((scope) => scope !== 'vault.write') };
}

function findPrincipal(verification: Verification, challenge: Challenge): Principal {
  switch (verification.outcome) {
    case 'active':
      return verification.principal;
    case 'inactive':
      throw unauthorized(challenge, {
        error: 'invalid_token',
        error_description: 'The access token is unknown, expired, revoked or meant for another resource',
      });
    case 'unavailable':
      // Not 401: a client would throw away a token that is good, and ask the person to sign in again.
      throw new RequestRefused({
        status: 503,
        error: 'temporarily_unavailable',
        message: 'The authorization server can not be asked about the access token now; try again',
        headers: { 'Retry-After': String(verification.retryAfterSeconds) },
        cause: verification.cause,
      });
  }
}

const readingOnly =
  'The person allowed reading only: this app can not change notes, and asking again will not help. Tell the person, who can connect it anew with more';

/** The JSON-RPC request that is refused. */
export interface RefusedRequest {
  id: string | number | undefined;
  isToolCall: boolean;
}

/**
 * 403 with the scopes of one operation (RFC 6750, section 3.1; MCP, Scope Challenge Handling). `locals` are those that
 * requireBearer has filled.
 *
 * The challenge names what the token has as well: clients that ask for exactly what it says, and replace the token they
 * have, lose nothing by it. It never names what the person has withheld: a client that asks until it has all would never end.
 *
 * ChatGPT looks for the challenge in the result of the tool, and not in headers: a call that has an id is answered
 * with such a result as the body.
 */
export function insufficientScope(
  locals: Readonly<Record<string, unknown>>,
  needed: readonly string[],
  request?: RefusedRequest,
): RequestRefused {
  const { metadataUrl } = locals['challenge'] as Challenge;
  const { scopes: granted, withheld = [] } = locals['principal'] as Principal;
  const wanted = needed.filter((scope) => !withheld.includes(scope));
  const description =
    wanted.length < needed.length ? readingOnly : `This needs the scope ${needed.join(' ')}`;
  const header = formatChallenge(
    { metadataUrl, scopes: [...new Set([...granted.filter(isScope), ...wanted])] },
    { error: 'insufficient_scope', error_description: description },
  );
  return new RequestRefused({
    status: 403,
    error: 'insufficient_scope',
    message: description,
    headers: { 'WWW-Authenticate': header },
    jsonRpcId: request?.id,
    ...(request?.isToolCall
      ? {
          jsonRpcResult: {
            content: [{ type: 'text', text: description }],
            isError: true,
            _meta: { 'mcp/www_authenticate': [header] },
          },
        }
      : {}),
  });
}

// RFC 6749, appendix A.4: nothing else may stand in a header as it is
const isScope = (scope: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope);

// Only the header: a token in a query ends up in logs (MCP, Authorization, Token Requirements).
function readToken(req: Request, challenge: Challenge): string {
  const [scheme, ...credentials] = req.headers.authorization?.trim().split(/ +/) ?? [];
  const [token] = credentials;
  // RFC 6750, section 3.1: no error code for a request that brought no token
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined) throw unauthorized(challenge, {});
  if (credentials.length === 1) return token;
  const invalid = {
    error: 'invalid_request',
    error_description: 'The Authorization header must hold one bearer token',
  };
  throw new RequestRefused({
    status: 400,
    error: invalid.error,
    message: invalid.error_description,
    headers: { 'WWW-Authenticate': formatChallenge(challenge, invalid) },
  });
}

/** Of a request that requireBearer has let through. */
export function tokenOf(req: Request): string {
  return req.headers.authorization?.trim().split(/ +/)[1] ?? '';
}

interface ChallengeError {
  error?: string;
  error_description?: string;
}

function unauthorized(challenge: Challenge, reason: ChallengeError): RequestRefused {
  return new RequestRefused({
    status: 401,
    error: reason.error ?? 'unauthorized',
    message: reason.error_description ?? 'This needs an access token in the Authorization header',
    headers: { 'WWW-Authenticate': formatChallenge(challenge, reason) },
  });
}

function formatChallenge(challenge: Challenge, reason: ChallengeError): string {
  const parameters = {
    ...reason,
    resource_metadata: challenge.metadataUrl,
    scope: challenge.scopes.join(' '),
  };
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return `Bearer ${pairs.join(', ')}`;
}
