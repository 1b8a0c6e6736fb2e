// Encrypts secrets of the server's own at rest when AUTH_ENCRYPTION_KEY is set (JWE, RFC 7516; dir with A256GCM).
import { hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { type KeyStore, keyPurposes } from '../../adapters/stores/keys.ts';

/** AUTH_ENCRYPTION_KEY is missing though secrets are encrypted, or it is another one than they were encrypted with. */
export class KeysUnreadable extends Error {
  override readonly name = 'KeysUnreadable';
}

export interface KeySeal {
  /** `id` is bound into the result, so that stored secrets can't be swapped. */
  readonly close: (id: string, secret: string) => Promise<string>;
  /** Throws KeysUnreadable. */
  readonly open: (stored: { readonly id: string; readonly secret: string }) => Promise<string>;
  readonly isClosed: (stored: string) => boolean;
}

const algorithm = { alg: 'dir', enc: 'A256GCM' } as const;
// Our plain secrets are JSON objects or 43 characters of base64url: neither has the five parts of a JWE.
const isClosed = (stored: string): boolean => !stored.startsWith('{') && stored.split('.').length === 5;

export function createKeySeal(encryptionKey: string | undefined): KeySeal {
  if (encryptionKey === undefined) return { close: async (_id, secret) => secret, open: readPlain, isClosed };
  const key = new Uint8Array(hkdfSync('sha256', encryptionKey, '', 'loop-auth secrets at rest', 32));
  return {
    close: (id, secret) =>
      new CompactEncrypt(new TextEncoder().encode(secret))
        .setProtectedHeader({ ...algorithm, kid: id })
        .encrypt(key),
    open: async ({ id, secret }) => (isClosed(secret) ? decrypt(key, id, secret) : secret),
    isClosed,
  };
}

async function readPlain({ secret }: { readonly secret: string }): Promise<string> {
  if (!isClosed(secret)) return secret;
  throw new KeysUnreadable(
    'the keys in the database are encrypted: set AUTH_ENCRYPTION_KEY to the key they were encrypted with',
  );
}

async function decrypt(key: Uint8Array, id: string, secret: string): Promise<string> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(secret, key);
    if (protectedHeader.kid !== id) throw new Error('that secret belongs to another row');
    return new TextDecoder().decode(plaintext);
  } catch (cause) {
    const message =
      'AUTH_ENCRYPTION_KEY is not the key that the keys in the database were encrypted with; nothing was changed';
    throw new KeysUnreadable(message, { cause });
  }
}

/** Encrypts what is stored in clear, in one transaction. All that is encrypted must open first: throws KeysUnreadable. */
export async function sealStoredKeys(store: KeyStore, seal: KeySeal): Promise<void> {
  const keys = (await Promise.all(keyPurposes.map((purpose) => store.list(purpose)))).flat();
  const closed = await Promise.all(
    keys.map(async (key) => ({
      id: key.id,
      was: key.secret,
      secret: await seal.close(key.id, await seal.open(key)),
    })),
  );
  const changed = closed.filter(({ was, secret }) => seal.isClosed(secret) && !seal.isClosed(was));
  if (changed.length > 0) await store.replaceSecrets(changed);
}
