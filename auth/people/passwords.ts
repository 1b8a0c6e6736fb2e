// Password hashing: scrypt of node's own, in a string that carries its parameters, a bounded number at once.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { fieldLimits } from '../pages/pages.ts';

// OWASP's scrypt setting for 32 MiB: a 1 GB NAS bears two at once, and guessing costs about 100 ms each.
const parameters = { N: 2 ** 15, r: 8, p: 3 } as const;
const keyBytes = 32;
const atOnce = 2;
// Some seconds' worth on a NAS. Who comes after them is told so at once, before a browser or proxy would give up.
const waitingAtMost = 16;

/** Nothing was checked: too many wait for their turn, or who asked has gone. */
export class PasswordUnchecked extends Error {
  override readonly name = 'PasswordUnchecked';
}

let running = 0;
const waiting = new Set<() => void>();

/** Whether one more check would be turned away. */
export function isQueueFull(): boolean {
  return running >= atOnce && waiting.size >= waitingAtMost;
}

/** `$scrypt$ln=15,r=8,p=3$SALT$KEY` with both in base64url. Throws PasswordUnchecked. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await inTurn(() => derive(password, salt, parameters));
  const { N, r, p } = parameters;
  return `$scrypt$ln=${Math.log2(N)},r=${r},p=${p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/**
 * Constant-time; takes as long for an account that does not exist (`hash` undefined) as for a wrong password. `gone`
 * gives up the place in the queue. Throws PasswordUnchecked.
 */
export async function isPassword(
  password: string,
  hash: string | undefined,
  gone?: AbortSignal,
): Promise<boolean> {
  const match = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(hash ?? '');
  if (!match) {
    await inTurn(() => derive(password, Buffer.alloc(16), parameters), gone);
    return false;
  }
  const [, ln, r, p, salt = '', key = ''] = match;
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  const derived = await inTurn(() => derive(password, Buffer.from(salt, 'base64url'), cost), gone);
  return timingSafeEqual(derived, Buffer.from(key, 'base64url'));
}

function derive(password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  // NFKC, so that the same password typed on another keyboard is the same (RFC 8265 section 4.2.2). What is longer than
  // any password is compared as none, which is nobody's: sorting a row of marks takes the square of its length.
  const typed = password.length > fieldLimits.password ? '' : password.normalize('NFKC');
  scrypt(typed, salt, keyBytes, { ...cost, maxmem: 256 * cost.N * cost.r }, (error, key) =>
    error ? reject(error) : resolve(key),
  );
  return promise;
}

async function inTurn<T>(work: () => Promise<T>, gone?: AbortSignal): Promise<T> {
  if (running < atOnce) running += 1;
  else await queue(gone);
  try {
    return await work();
  } finally {
    // The place is handed on, so that nobody new gets in between.
    const [next] = waiting;
    if (next) next();
    else running -= 1;
  }
}

function queue(gone: AbortSignal | undefined): Promise<void> {
  if (waiting.size >= waitingAtMost) throw new PasswordUnchecked('too many sign-ins at once');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const leave = (): void => {
    waiting.delete(start);
    reject(new PasswordUnchecked('who asked has gone'));
  };
  const start = (): void => {
    waiting.delete(start);
    gone?.removeEventListener('abort', leave);
    resolve();
  };
  waiting.add(start);
  if (gone?.aborted) leave();
  else gone?.addEventListener('abort', leave, { once: true });
  return promise;
}
