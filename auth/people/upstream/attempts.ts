// Sign-ins that have gone out to the provider from a browser: kept by that browser alone, which can't read or change them.
import { hkdfSync } from 'node:crypto';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import type { ParameterizedContext } from 'koa';
import { z } from 'zod';

const goalSchema = z.union([
  /** A sign-in for an app. */
  z.object({ interaction: z.string() }),
  /** A page of ours: its path and query. */
  z.object({ back: z.string() }),
  /** The session whose account is to be linked. */
  z.object({ link: z.string() }),
]);

/** What a sign-in is for, and goes on with. */
export type Goal = z.infer<typeof goalSchema>;

const attemptSchema = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  goal: goalSchema,
  /** The provider was to ask anew who the person is. */
  isAnew: z.boolean(),
});

/** One way out; good for one way back (OpenID Connect Core section 3.1.2, RFC 7636). */
export type Attempt = z.infer<typeof attemptSchema>;

const attemptsSchema = z.object({ attempts: z.array(attemptSchema) });

// As long as a person may look for their password there.
const attemptSeconds = 10 * 60;
/** A browser that restores its tabs begins several at once. */
const mostAttempts = 4;
/** Characters of JSON; sealed a third more and some hundred, and a browser keeps about 4,096. */
const roomForAttempts = 2400;
const longestSealed = 3800;

export interface Attempts {
  readonly add: (ctx: ParameterizedContext, attempt: Attempt) => Promise<void>;
  /** Undefined where this browser began none with that state, or too long ago. */
  readonly find: (ctx: ParameterizedContext, state: unknown) => Promise<Attempt | undefined>;
  readonly drop: (ctx: ParameterizedContext, attempt: Attempt) => Promise<void>;
}

/** `keys` sign cookies as well, the first the newest; what is sealed here is under keys made of them. */
export function createAttempts(keys: readonly string[], issuer: string): Attempts {
  const { protocol, pathname } = new URL(issuer);
  const path = pathname.replace(/(?<=.)\/$/, '');
  // With this prefix browsers take it from this very host only: a neighbour below the same domain could bring its own
  // attempt, and with it a sign-in of its own.
  const name = protocol === 'https:' && path === '/' ? '__Host-loop_upstream' : 'loop_upstream';
  const options = { signed: false, httpOnly: true, sameSite: 'lax', path, overwrite: true } as const;
  const secrets = keys.map((key) => new Uint8Array(hkdfSync('sha256', key, '', 'upstream sign-ins', 32)));
  const read = async (ctx: ParameterizedContext): Promise<Attempt[]> => {
    const sealed = ctx.cookies.get(name, { signed: false });
    if (sealed === undefined || sealed.length > longestSealed) return [];
    for (const secret of secrets) {
      const opened = await open(sealed, secret);
      if (opened) return opened;
    }
    return [];
  };
  const write = async (ctx: ParameterizedContext, attempts: readonly Attempt[]): Promise<void> => {
    const [secret] = secrets;
    if (attempts.length === 0 || !secret) ctx.cookies.set(name, null, options);
    else ctx.cookies.set(name, await close(attempts, secret), { ...options, maxAge: attemptSeconds * 1000 });
  };
  return {
    add: async (ctx, attempt) => {
      const attempts = [attempt, ...(await read(ctx))].slice(0, mostAttempts);
      while (attempts.length > 1 && JSON.stringify(attempts).length > roomForAttempts) attempts.pop();
      await write(ctx, attempts);
    },
    find: async (ctx, state) => (await read(ctx)).find((one) => one.state === state),
    drop: async (ctx, { state }) =>
      write(
        ctx,
        (await read(ctx)).filter((one) => one.state !== state),
      ),
  };
}

const audience = 'upstream sign-in';

function close(attempts: readonly Attempt[], secret: Uint8Array): Promise<string> {
  return new EncryptJWT({ attempts })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setAudience(audience)
    .setExpirationTime(Math.floor(Date.now() / 1000) + attemptSeconds)
    .encrypt(secret);
}

async function open(sealed: string, secret: Uint8Array): Promise<Attempt[] | undefined> {
  const accepted = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
  try {
    const { payload } = await jwtDecrypt(sealed, secret, { audience, ...accepted });
    return attemptsSchema.safeParse(payload).data?.attempts;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
