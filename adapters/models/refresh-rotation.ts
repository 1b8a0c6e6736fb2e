// The rule by which a refresh token is exchanged: pure decisions, no database (docs/decisions/refresh-replay.md).
import { createHmac, randomBytes } from 'node:crypto';

/** A refresh token's row as far as the rule looks at it; times in epoch seconds. */
export interface Generation {
  readonly usedAt: number | null;
  readonly replacedAt: number | null;
  /** Erased (null) once the successor has been used and the grace is over. */
  readonly salt: string | null;
}

export type Exchange =
  | { readonly kind: 'rotate' | 'repeat'; readonly salt: string }
  | { readonly kind: 'reissue'; readonly salt: string; readonly lostSalt: string }
  | { readonly kind: 'revoke' };

/** Salts only tell generations apart and keep successors unguessable from an old token alone: 128 bits. */
export function createSalt(): string {
  return randomBytes(16).toString('base64url');
}

/** The one successor of a presented token: HMAC-SHA256 keyed by the token itself, so the database alone makes none. */
export function successorOf(presentedToken: string, salt: string): string {
  return createHmac('sha256', presentedToken).update(salt).digest('base64url');
}

/**
 * What to do with a presented token. `isSuccessorUnused` is asked only where it matters: whether the successor
 * made with that salt exists and was never used.
 */
export async function decideExchange(
  presented: Generation,
  now: number,
  graceSeconds: number,
  isSuccessorUnused: (salt: string) => Promise<boolean>,
): Promise<Exchange> {
  const { usedAt, replacedAt, salt } = presented;
  // Replaced: someone else came back with the generation before this one (RFC 9700 section 4.14.2).
  if (replacedAt !== null || salt === null) return { kind: 'revoke' };
  if (usedAt === null) return { kind: 'rotate', salt };
  if (now - usedAt <= graceSeconds) return { kind: 'repeat', salt };
  // Never used successor: our answer was lost on its way, the owner is back with what it still has.
  if (await isSuccessorUnused(salt)) return { kind: 'reissue', salt: createSalt(), lostSalt: salt };
  return { kind: 'revoke' };
}
