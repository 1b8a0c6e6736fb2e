// What a client's signed assertion may say beyond what the library checks (RFC 7523 section 3).
import { errors } from 'oidc-provider';

// Long enough for every client that was met (the longest asks for ten minutes). Its `jti` is remembered until then.
const longestSeconds = 10 * 60;
// The library's own tolerance for clocks that differ.
const toleranceSeconds = 15;

/** Throws InvalidClientAuth. The signature was found good before this is asked, and nothing is stored yet. */
export function checkAssertion(_ctx: unknown, claims: Readonly<Record<string, unknown>>): void {
  const { exp } = claims;
  const latest = Math.floor(Date.now() / 1000) + longestSeconds + toleranceSeconds;
  if (typeof exp !== 'number' || exp > latest)
    throw new errors.InvalidClientAuth('exp of the client_assertion is more than 10 minutes ahead');
}
