// Sign-ins that have begun in a browser and not come back: what each needs then, and where its person wanted to go.
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { PersonCookie } from './cookies.ts';
import { longestSealed, type Seal } from './sealing.ts';

/** What is kept between the way out and the way back (OpenID Connect Core section 3.1.2, RFC 7636). */
interface Attempt {
  state: string;
  nonce: string;
  verifier: string;
  /** A path below our own origin. */
  returnTo: string;
}

const attemptsSchema = z.object({
  attempts: z.array(
    z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), returnTo: z.string() }),
  ),
});

const attemptSeconds = 600;
/** A browser that restores its tabs begins several at once. */
const mostAttempts = 5;
/** Characters of JSON; sealed, a third more and some hundred. */
const roomForAttempts = (longestSealed - 400) * 0.72;

export interface Attempts {
  add(req: Request, res: Response, attempt: Attempt): Promise<void>;
  find(req: Request, state: string | null): Promise<Attempt | undefined>;
  /** For one that has come to its end: nothing is found under its state from now on. */
  drop(req: Request, res: Response, attempt: Attempt): Promise<void>;
}

export function createAttempts(seal: Seal, cookie: PersonCookie): Attempts {
  const read = async (req: Request): Promise<Attempt[]> => {
    const parsed = attemptsSchema.safeParse(await seal.open('sign-in', cookie.read(req)));
    return parsed.success ? parsed.data.attempts : [];
  };
  const write = async (res: Response, attempts: Attempt[]): Promise<void> => {
    if (attempts.length === 0) {
      cookie.clear(res);
      return;
    }
    const expiresAt = Math.floor(Date.now() / 1_000) + attemptSeconds;
    cookie.write(res, await seal.close('sign-in', { attempts }, expiresAt), attemptSeconds);
  };
  return {
    add: async (req, res, attempt) => {
      const attempts = [attempt, ...(await read(req))].slice(0, mostAttempts);
      while (attempts.length > 1 && JSON.stringify(attempts).length > roomForAttempts) attempts.pop();
      await write(res, attempts);
    },
    find: async (req, state) => (await read(req)).find((one) => one.state === state),
    drop: async (req, res, { state }) => {
      await write(
        res,
        (await read(req)).filter((one) => one.state !== state),
      );
    },
  };
}
