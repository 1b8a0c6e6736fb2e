// What of a call loop-auth is told for the timeline: how it was refused, or that it was the first one with its token.
// Nothing of what was called for, and no token.
import type { Request, RequestHandler, Response } from 'express';

type Outcome =
  | 'called'
  | 'no_token'
  | 'token_misplaced'
  | 'token_refused'
  | 'scope_missing'
  | 'origin_refused'
  | 'host_refused'
  | 'method_refused'
  | 'type_refused'
  | 'too_large'
  | 'invalid';

/** Whose token it is, or was while it was known. */
interface Bearer {
  readonly clientId: string;
  readonly subject: string;
}

export interface NotedCall extends Partial<Bearer> {
  readonly outcome: Outcome;
  /** Of the connection; which proxies are believed loop-auth knows. */
  readonly address: string;
  readonly forwardedFor?: string;
  /** The id of the request, where it was refused. */
  readonly code?: string;
}

const mostTokens = 10_000;
const longestForwarded = 400;

/** For the routes that take a token. */
export function noteCalls(note: (call: NotedCall) => void): RequestHandler {
  const called = new Set<string>();
  const isFirst = ({ clientId, subject, expiresAt }: Bearer & { expiresAt: number }): boolean => {
    const key = `${expiresAt} ${subject} ${clientId}`;
    if (called.has(key)) return false;
    if (called.size >= mostTokens) called.clear();
    called.add(key);
    return true;
  };
  return (req, res, next) => {
    // gone once the connection is
    const { remoteAddress } = req.socket;
    res.once('close', () => {
      const outcome = outcomeOf(req, res, isFirst);
      if (outcome) note({ outcome, ...describe(req, res, remoteAddress, outcome) });
    });
    next();
  };
}

function outcomeOf(
  req: Request,
  res: Response,
  isFirst: (principal: Bearer & { expiresAt: number }) => boolean,
): Outcome | undefined {
  const { principal } = res.locals;
  const status = res.statusCode;
  if (status < 400) return principal && isFirst(principal) ? 'called' : undefined;
  // what is our own fault says nothing of the app
  if (status >= 500) return undefined;
  const { refusal } = res.locals as { refusal?: string };
  if (!principal) return beforeToken(req, status, refusal);
  // an app that is connected looks whether there is a stream to GET, and is content with 405
  if (status === 405 && !isFirst(principal)) return undefined;
  return refusal === 'insufficient_scope' ? 'scope_missing' : (byStatus[status] ?? 'invalid');
}

const byStatus: Readonly<Record<number, Outcome>> = {
  405: 'method_refused',
  406: 'type_refused',
  413: 'too_large',
  415: 'type_refused',
};
const byRefusal: Readonly<Record<string, Outcome>> = {
  invalid_token: 'token_refused',
  forbidden_origin: 'origin_refused',
  forbidden_host: 'host_refused',
};
const inQuery = /[?&](access_token|token|bearer|api_?key|key)=/i;

function beforeToken({ headers, url }: Request, status: number, refusal = ''): Outcome {
  const known = byRefusal[refusal];
  if (known) return known;
  const isElsewhere = headers.authorization !== undefined || 'x-api-key' in headers || inQuery.test(url);
  return status === 401 && !isElsewhere ? 'no_token' : 'token_misplaced';
}

function describe(
  { headers }: Request,
  { locals }: Response,
  address = '',
  outcome: Outcome,
): Omit<NotedCall, 'outcome'> {
  const forwarded = headers['x-forwarded-for'];
  const whose: Bearer | undefined = locals['principal'] ?? locals['formerly'];
  return {
    address,
    ...(typeof forwarded === 'string' && forwarded.length <= longestForwarded
      ? { forwardedFor: forwarded }
      : {}),
    ...(whose && { clientId: whose.clientId, subject: whose.subject }),
    ...(outcome === 'called' ? {} : { code: locals['requestId'] }),
  };
}
