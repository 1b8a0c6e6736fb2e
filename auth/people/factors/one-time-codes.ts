// One-time codes (RFC 6238) as phones make them: six digits, a new one every half minute, from a secret that is kept encrypted.
import { Secret, TOTP } from 'otpauth';
import type { OneTimeCodeStore } from '../../../adapters/stores/factors/one-time-codes.ts';
import { type KeySeal, KeysUnreadable } from '../../keys/seal.ts';

const periodSeconds = 30;
// RFC 4226 section 4: 128 bits at least, 160 advised.
const secretBytes = 20;
// A clock may be half a minute off, and a code is typed slowly (RFC 6238 section 5.2).
const stepsBeside = 1;

// Nobody's code is longer, whatever stands between its digits.
const longestTyped = 50;

/** In base32. */
export function makeSecret(): string {
  return new Secret({ size: secretBytes }).base32;
}

/** For the QR code that phones read; `host` and `username` are what they show. */
export function uriOf(secret: string, host: string, username: string): string {
  return new TOTP({ secret, issuer: `loop ${host}`.replaceAll(':', ' '), label: username }).toString();
}

/** As phones show the code and people type it: blanks, a dash, the wide digits of a Korean or Japanese keyboard; undefined for what is none. */
export function readCode(typed: string): string | undefined {
  return /^\d{6}$/.exec(
    typed
      .slice(0, longestTyped)
      .normalize('NFKC')
      .replace(/[\s\p{Pd}]/gu, ''),
  )?.[0];
}

/** The time step that the code is of, among those that are taken now, and the newest of these. Constant-time. */
export function findStep(secret: string, code: string): { step: number; newest: number } | undefined {
  const totp = new TOTP({ secret });
  const timestamp = Date.now();
  const now = Math.floor(timestamp / 1000 / periodSeconds);
  const delta = totp.validate({ token: code, timestamp, window: stepsBeside });
  return delta === null ? undefined : { step: now + delta, newest: now + stepsBeside };
}

/** Bound into what is stored, so that the rows of two accounts can't be swapped. */
const idOf = (accountId: string): string => `one-time-codes ${accountId}`;

export function closeSecret(seal: KeySeal, accountId: string, secret: string): Promise<string> {
  return seal.close(idOf(accountId), secret);
}

/** Throws KeysUnreadable. */
export function openSecret(
  seal: KeySeal,
  { accountId, secret }: { readonly accountId: string; readonly secret: string },
): Promise<string> {
  return seal.open({ id: idOf(accountId), secret });
}

/**
 * Encrypts what is stored in clear, as at the first start with AUTH_ENCRYPTION_KEY. What can't be read stays as it is:
 * its account is told so, and the others go on.
 */
export async function sealStoredSecrets(store: OneTimeCodeStore, seal: KeySeal): Promise<void> {
  const open = (await store.list()).filter(({ secret }) => !seal.isClosed(secret));
  const closed = await Promise.all(
    open.map(async ({ accountId, secret }) => ({
      accountId,
      was: secret,
      secret: await closeSecret(seal, accountId, secret),
    })),
  );
  const changed = closed.filter(({ was, secret }) => secret !== was);
  if (changed.length > 0) await store.replaceSecrets(changed);
}

export function isUnreadable(error: unknown): error is KeysUnreadable {
  return error instanceof KeysUnreadable;
}
