// Password hashing: scrypt of node's own, in a string that carries its parameters, a bounded number at once.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { fieldLimits } from '../pages/pages.ts';

// OWASP's scrypt setting for 32 MiB: a 1 GB NAS bears two at once, and guessing costs about 100 ms each.
const parameters = { N: 2 ** 15, r: 8, p: 3 } as const;
const prefix = `$scrypt$ln=${Math.log2(parameters.N)},r=${parameters.r},p=${parameters.p}$`;
const keyBytes = 32;
const atOnce = 2;
// Some seconds' worth on a NAS. Who comes after them is told so at once, before a browser or proxy would give up.
const waitingAtMost = 16;

/** Nothing was checked: too many wait for their turn, or who asked has gone. */
export class PasswordUnchecked extends Error {
  override readonly name = 'PasswordUnchecked';
}

let running = 0;
// Who is known is let in first: anybody can fill the places of the others with passwords of nobody.
const waiting = { known: new Set<() => void>(), others: new Set<() => void>() };

export interface Place {
  /** Gives up the place in the queue. */
  readonly gone?: AbortSignal;
  /** True for whoever showed before that they have the password; by default nobody. */
  readonly isKnown?: boolean;
}

/** Whether one more check would be turned away. */
export function isQueueFull(isKnown = false): boolean {
  return running >= atOnce && rowOf(isKnown).size >= waitingAtMost;
}

function rowOf(isKnown: boolean): Set<() => void> {
  return isKnown ? waiting.known : waiting.others;
}

/**
 * `$scrypt$ln=15,r=8,p=3$SALT$KEY` with both in base64url; for those who may set one, which makes them known. Throws
 * PasswordUnchecked.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await inTurn(() => derive(password, salt, parameters), { isKnown: true });
  return `${prefix}${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** Whether guessing it costs less than it would for a password that is set today. */
export function isCheaperThanToday(hash: string): boolean {
  const [, ln, r, p] = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$/.exec(hash) ?? [];
  return 2 ** Number(ln) * Number(r) * Number(p) < parameters.N * parameters.r * parameters.p;
}

/** In place of a hash, of an account that has no password: nothing that is typed is it. */
export const noPassword = 'none';

export function hasPassword({ passwordHash }: { readonly passwordHash: string }): boolean {
  return passwordHash !== noPassword;
}

/**
 * Constant-time; takes as long for an account that does not exist (`hash` undefined) as for a wrong password.
 * Throws PasswordUnchecked.
 */
export async function isPassword(
  password: string,
  hash: string | undefined,
  place: Place = {},
): Promise<boolean> {
  const match = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(hash ?? '');
  if (!match) {
    await inTurn(() => derive(password, Buffer.alloc(16), parameters), place);
    return false;
  }
  const [, ln, r, p, salt = '', key = ''] = match;
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  const derived = await inTurn(() => derive(password, Buffer.from(salt, 'base64url'), cost), place);
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

async function inTurn<T>(work: () => Promise<T>, place: Place): Promise<T> {
  if (running < atOnce) running += 1;
  else await queue(place);
  try {
    return await work();
  } finally {
    // The place is handed on, so that nobody new gets in between.
    const [next] = [...waiting.known, ...waiting.others];
    if (next) next();
    else running -= 1;
  }
}

function queue({ gone, isKnown = false }: Place): Promise<void> {
  const row = rowOf(isKnown);
  if (row.size >= waitingAtMost) throw new PasswordUnchecked('too many sign-ins at once');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const leave = (): void => {
    row.delete(start);
    reject(new PasswordUnchecked('who asked has gone'));
  };
  const start = (): void => {
    row.delete(start);
    gone?.removeEventListener('abort', leave);
    resolve();
  };
  row.add(start);
  if (gone?.aborted) leave();
  else gone?.addEventListener('abort', leave, { once: true });
  return promise;
}
