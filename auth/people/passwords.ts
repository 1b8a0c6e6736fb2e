// Password hashing: scrypt of node's own, in a string that carries its parameters, a bounded number at once.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

// OWASP's scrypt setting for 32 MiB: a 1 GB NAS bears two at once, and guessing costs about 100 ms each.
const parameters = { N: 2 ** 15, r: 8, p: 3 } as const;
const keyBytes = 32;
const atOnce = 2;
const waitingAtMost = 64;

/** Too many sign-ins wait for their turn; nothing was checked. */
class TooManyPasswordChecks extends Error {
  override readonly name = 'TooManyPasswordChecks';
}

let running = 0;
const waiting: Array<() => void> = [];

/** `$scrypt$ln=15,r=8,p=3$SALT$KEY` with both in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, parameters);
  const { N, r, p } = parameters;
  return `$scrypt$ln=${Math.log2(N)},r=${r},p=${p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** Constant-time; takes as long for an account that does not exist (`hash` undefined) as for a wrong password. */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const match = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(hash ?? '');
  if (!match) {
    await derive(password, Buffer.alloc(16), parameters);
    return false;
  }
  const [, ln, r, p, salt = '', key = ''] = match;
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt, 'base64url'), cost);
  return timingSafeEqual(derived, Buffer.from(key, 'base64url'));
}

async function derive(
  password: string,
  salt: Buffer,
  cost: { N: number; r: number; p: number },
): Promise<Buffer> {
  await turn();
  try {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    // NFKC, so that the same password typed on another keyboard is the same (RFC 8265 section 4.2.2).
    const typed = password.normalize('NFKC');
    scrypt(typed, salt, keyBytes, { ...cost, maxmem: 256 * cost.N * cost.r }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
    return await promise;
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

async function turn(): Promise<void> {
  if (running >= atOnce) {
    if (waiting.length >= waitingAtMost) throw new TooManyPasswordChecks('too many sign-ins at once');
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    await promise;
  }
  running += 1;
}
