// What a browser is asked for a passkey with (WebAuthn sections 5.4 and 5.5, as JSON).
import type { Account } from '../../../../adapters/stores/accounts.ts';
import type { Passkey } from '../../../../adapters/stores/factors/passkeys.ts';
import type { Place } from './place.ts';

/** EdDSA, ES256, RS256 (COSE): what today's devices sign with. */
export const algorithms = [-8, -7, -257] as const;

const timeoutMs = 5 * 60_000;

/** Random and no name: what a device tells of an account is nothing of the person. */
export function userHandleOf({ id }: Pick<Account, 'id'>): string {
  return Buffer.from(id).toString('base64url');
}

/** To make one that is found without a name, and only by who unlocks the device. */
export function optionsToAdd(
  { rpId }: Place,
  account: Account,
  known: readonly Passkey[],
  challenge: string,
): string {
  const { username } = account;
  return JSON.stringify({
    rp: { id: rpId, name: `loop ${rpId}` },
    user: { id: userHandleOf(account), name: username, displayName: username },
    challenge,
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: timeoutMs,
    excludeCredentials: known.map(({ id, transports }) => ({ type: 'public-key', id, transports })),
    authenticatorSelection: {
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'required',
    },
    attestation: 'none',
  });
}

export function optionsToSignIn({ rpId }: Place, challenge: string): string {
  return JSON.stringify({ challenge, rpId, userVerification: 'required', timeout: timeoutMs });
}
