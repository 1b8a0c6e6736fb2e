// Who is signed in to loop-api's pages: a sealed cookie with an access token, judged as every call's token is.
// The room: how a person signs in here and stays so. Not what they are shown: browsing/; not who may sign in: loop-auth.
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { RequestRefused } from '../http/errors.ts';
import { allows } from '../tokens/scopes.ts';
import type { Principal, TokenVerifier } from '../tokens/verifier.ts';
import type { PersonCookie } from './cookies.ts';
import type { SignedIn } from './openid-client.ts';
import type { Seal } from './sealing.ts';

export interface Person {
  name: string;
  principal: Principal;
}

export interface People {
  /** Signs in. False where the token is not one that shows anything. Throws RequestRefused (503). */
  admit(res: Response, signedIn: SignedIn): Promise<boolean>;
  /** Undefined for whoever is not signed in (any more). Throws RequestRefused (503) while loop-auth can't be asked. */
  find(req: Request): Promise<Person | undefined>;
}

const sessionSchema = z.object({ token: z.string(), name: z.string() });

export function createPeople(seal: Seal, cookie: PersonCookie, verify: TokenVerifier): People {
  const judge = async (token: string): Promise<Principal | undefined> => {
    const verification = await verify(token);
    if (verification.outcome === 'unavailable') {
      // never a new sign-in: the person is as much signed in as before
      throw new RequestRefused({
        status: 503,
        error: 'temporarily_unavailable',
        message: 'The authorization server can not be asked about the sign-in now; try again',
        headers: { 'Retry-After': String(verification.retryAfterSeconds) },
        cause: verification.cause,
      });
    }
    if (verification.outcome === 'inactive') return undefined;
    const { principal } = verification;
    return allows(principal.scopes, ['vault.read']) ? principal : undefined;
  };
  return {
    admit: async (res, { accessToken, expiresAt, name }) => {
      if (!(await judge(accessToken))) return false;
      const sealed = await seal.close('session', { token: accessToken, name }, expiresAt);
      cookie.write(res, sealed, Math.max(1, expiresAt - Math.floor(Date.now() / 1_000)));
      return true;
    },
    find: async (req) => {
      const session = sessionSchema.safeParse(await seal.open('session', cookie.read(req)));
      const principal = session.success ? await judge(session.data.token) : undefined;
      return principal && session.data && { name: session.data.name, principal };
    },
  };
}

/** Who asked, once requirePerson has let them in. */
export function personOf(res: Response): Person {
  return res.locals['person'] as Person;
}

/**
 * Sets `res.locals.person` and `principal`, or sends the browser to sign in and come back here. The answer is the same for
 * every path: it does not tell what is there.
 */
export function requirePerson(people: People, signInUrl: string): RequestHandler {
  return async (req, res, next) => {
    res.set('Cache-Control', 'no-store').vary('Accept, Cookie');
    const person = await people.find(req);
    if (person) {
      res.locals['person'] = person;
      res.locals['principal'] = person.principal;
      next();
      return;
    }
    res.redirect(303, `${signInUrl}?${new URLSearchParams({ to: req.url })}`);
  };
}
