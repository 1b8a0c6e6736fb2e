// The way out to loop-auth and back: /sign-in and /sign-in/callback.
import type { Request, RequestHandler, Response } from 'express';
import { RequestRefused } from '../http/errors.ts';
import { isLoopbackHost } from '../http/loopback.ts';
import type { ResourceIdentifiers } from '../tokens/resource-identifiers.ts';
import type { Attempts } from './attempts.ts';
import { type OpenidClient, SignInAway, SignInFailed } from './openid-client.ts';
import type { People } from './person.ts';
import { readReturnPath } from './return-path.ts';

/** Why a sign-in ended without one: what its page is about. */
type SignInFault = 'signInLost' | 'signInFailed';

export interface SignInParts {
  client: OpenidClient;
  attempts: Attempts;
  people: People;
  resources: ResourceIdentifiers;
  /** In which a person reads, so that loop-auth asks in it. */
  languageOf: (req: Request) => string;
  showFault: (exchange: { req: Request; res: Response }, fault: SignInFault) => void;
}

/** A person's sign-in begins; `to` of the query is where they go afterwards, `for=changing` asks for more than reading. */
export function beginSignIn({ client, attempts, resources, languageOf }: SignInParts): RequestHandler {
  return async (req, res) => {
    res.set('Cache-Control', 'no-store');
    const query = queryOf(req);
    const ownName = findOwnName(resources, req);
    if (ownName !== undefined) {
      res.redirect(303, `${ownName}${resources.pathPrefix}/sign-in?${query}`);
      return;
    }
    const wish = { uiLocales: languageOf(req), isChanging: query.get('for') === 'changing' };
    const { url, checks } = await client.begin(wish).catch(toRefusal);
    const returnTo = readReturnPath(query.get('to'));
    await attempts.add(req, res, { ...checks, returnTo });
    res.redirect(303, url.href);
  };
}

/** loop-auth has sent the person back. */
export function endSignIn(parts: SignInParts): RequestHandler {
  const { client, attempts, people, resources, showFault } = parts;
  return async (req, res) => {
    res.set('Cache-Control', 'no-store');
    const query = queryOf(req);
    const attempt = await attempts.find(req, query.get('state'));
    if (!attempt) {
      showFault({ req, res }, 'signInLost');
      return;
    }
    const callback = new URL(`?${query}`, resources.origin);
    // While loop-auth is away nothing has come to its end: the same address, asked for again, goes on from here.
    const signedIn = await client.finish(callback, attempt).catch(toFault);
    await attempts.drop(req, res, attempt);
    if (signedIn !== undefined && (await people.admit(res, signedIn))) {
      res.redirect(303, `${resources.origin}${resources.pathPrefix}${attempt.returnTo}`);
      return;
    }
    showFault({ req, res }, 'signInFailed');
  };
}

function queryOf(req: Request): URLSearchParams {
  return new URL(req.url, 'http://localhost').searchParams;
}

/**
 * The origin where the sign-in has to begin, where that is another name of this machine than the one asked for: cookies
 * are kept by name, and the way back leads to the resource's.
 */
function findOwnName({ isLoopback, origin }: ResourceIdentifiers, req: Request): string | undefined {
  const own = new URL(origin);
  const { host } = req.headers;
  if (!isLoopback || host === undefined || !isLoopbackHost(host)) return undefined;
  return host.toLowerCase() === own.host ? undefined : own.origin;
}

function toFault(error: unknown): undefined {
  if (error instanceof SignInFailed) return undefined;
  return toRefusal(error);
}

function toRefusal(error: unknown): never {
  if (!(error instanceof SignInAway)) throw error;
  throw new RequestRefused({
    status: 503,
    error: 'temporarily_unavailable',
    message: 'The authorization server can not be asked now; try again',
    headers: { 'Retry-After': '5' },
    cause: error,
  });
}
