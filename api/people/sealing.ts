// What a browser keeps for us and can neither read nor change: JSON Web Encryption under a key made of loop-api's secret.
import { hkdfSync } from 'node:crypto';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import type { ClientSecret } from '../config.ts';

/** For what it is sealed: one can't be used as another. */
type Purpose = 'session' | 'sign-in';

/** Characters of what may be opened; a browser keeps about 4,096 for a cookie with its name. */
export const longestSealed = 3_800;

export interface Seal {
  /** `expiresAt` is in epoch seconds. Throws where the secret can't be read. */
  close(purpose: Purpose, content: Readonly<Record<string, unknown>>, expiresAt: number): Promise<string>;
  /** Undefined for what is over, is no seal of ours, or was made under another secret. */
  open(purpose: Purpose, sealed: string | undefined): Promise<Record<string, unknown> | undefined>;
}

export function createSeal(secret: ClientSecret): Seal {
  let known: { secret: string; key: Uint8Array } | undefined;
  const readKey = (): Uint8Array => {
    const now = secret.read();
    if (now !== known?.secret) known = { secret: now, key: deriveKey(now) };
    return known.key;
  };
  // without a secret nothing is ours; whoever signs in then is told that it can't be done now
  const tryKey = (): Uint8Array | undefined => {
    try {
      return readKey();
    } catch {
      return undefined;
    }
  };
  return {
    close: (purpose, content, expiresAt) =>
      new EncryptJWT({ ...content })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setAudience(purpose)
        .setExpirationTime(expiresAt)
        .encrypt(readKey()),
    open: async (purpose, sealed) => {
      if (sealed === undefined || sealed.length > longestSealed) return undefined;
      const opened = known && (await open(purpose, sealed, known.key));
      if (opened) return opened;
      // loop-auth makes a new secret when its file is lost: what is in the file now may be another one
      const before = known?.key;
      const key = tryKey();
      return key === undefined || key === before ? undefined : open(purpose, sealed, key);
    },
  };
}

// RFC 5869: the secret itself goes to loop-auth, this key stays here
function deriveKey(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', "loop-api: seals of people's cookies", 32));
}

async function open(
  purpose: Purpose,
  sealed: string,
  key: Uint8Array,
): Promise<Record<string, unknown> | undefined> {
  const options = {
    audience: purpose,
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  };
  try {
    return (await jwtDecrypt(sealed, key, options)).payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
