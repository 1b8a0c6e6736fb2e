// What a browser says of a passkey, checked by the library. Load it only where one is sent: it reads certificates too.
import {
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { decodeAttestationObject, isoBase64URL } from '@simplewebauthn/server/helpers';
import type { NewPasskey, Passkey, PasskeyUse } from '../../../../adapters/stores/factors/passkeys.ts';
import { algorithms } from './options.ts';
import type { Place } from './place.ts';

/** Whether the challenge is one of ours that is good now. */
type IsAsked = (challenge: string) => boolean;

/** Undefined for what is no passkey made for this place and this asking. */
export async function readAdded(
  sent: unknown,
  { rpId, origin }: Place,
  isAsked: IsAsked,
): Promise<Omit<NewPasskey, 'accountId' | 'name'> | undefined> {
  return refusedByNone(async () => {
    const response = withoutAttestation(sent as RegistrationResponseJSON);
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: isAsked,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...algorithms],
    });
    if (!verified) return undefined;
    const { credential, credentialBackedUp } = registrationInfo;
    const transports = (response.response.transports ?? []).filter((one) => /^[a-z-]{1,20}$/.test(one));
    return {
      id: credential.id,
      publicKey: isoBase64URL.fromBuffer(credential.publicKey),
      counter: credential.counter,
      transports: transports.slice(0, 8),
      isSynced: credentialBackedUp,
    };
  });
}

/** Undefined for what was not signed by that passkey for this place and this asking, or with a counter seen before. */
export async function readUse(
  sent: unknown,
  passkey: Passkey,
  { rpId, origin }: Place,
  isAsked: IsAsked,
): Promise<PasskeyUse | undefined> {
  return refusedByNone(async () => {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: sent as AuthenticationResponseJSON,
      expectedChallenge: isAsked,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      credential: {
        id: passkey.id,
        publicKey: isoBase64URL.toBuffer(passkey.publicKey),
        counter: passkey.counter,
      },
    });
    const { newCounter: counter, credentialBackedUp: isSynced } = authenticationInfo;
    return verified ? { counter, isSynced } : undefined;
  });
}

/** The library throws a plain Error for whatever is wrong with what was sent; it asks nobody and nothing of ours. */
async function refusedByNone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}

/**
 * None is asked for, and none is looked at: to check a maker's certificate the library would fetch what that certificate
 * names, which is whatever the sender wants it to be.
 */
function withoutAttestation(sent: RegistrationResponseJSON): RegistrationResponseJSON {
  const object = decodeAttestationObject(isoBase64URL.toBuffer(sent.response.attestationObject));
  const authData = object.get('authData');
  // CBOR (RFC 8949): a map of three, {"fmt": "none", "attStmt": {}, "authData": bytes}.
  const head = Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746159', 'hex');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(authData.length);
  const attestationObject = Buffer.concat([head, length, authData]).toString('base64url');
  return { ...sent, response: { ...sent.response, attestationObject } };
}
