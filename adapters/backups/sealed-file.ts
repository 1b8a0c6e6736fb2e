// A file encrypted with AUTH_ENCRYPTION_KEY: chunk by chunk, so that neither way holds more than one in memory, and
// authenticated as a whole: nothing of it can be changed, left away or put in another place.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { BackupRefused, createPrivate } from './copy.ts';

// The file: these signs, 16 bytes of salt, then chunks of AES-256-GCM, each with its tag behind it. The key is made of
// AUTH_ENCRYPTION_KEY and the salt (HKDF, RFC 5869), so it is this file's alone and a counter may be the nonce.
const signs = Buffer.from('loop-auth backup, sealed: 1\n');
const saltBytes = 16;
const headBytes = signs.length + saltBytes;
const chunkBytes = 64 * 1024;
const tagBytes = 16;

/** Whether the file begins as a sealed one does. */
export function isSealed(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    return readUpTo(file, Buffer.alloc(signs.length)).equals(signs);
  } finally {
    closeSync(file);
  }
}

/** Encrypts the file `from` into the new file `to`. */
export function sealFile(from: string, to: string, encryptionKey: string): void {
  const salt = randomBytes(saltBytes);
  const key = deriveKey(encryptionKey, salt);
  copyChunks({ from, to }, { chunk: chunkBytes, head: 0 }, (chunk, number, isLast) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number, isLast));
    const sealed = [cipher.update(chunk), cipher.final(), cipher.getAuthTag()];
    return number === 0 ? [signs, salt, ...sealed] : sealed;
  });
}

/** Decrypts the file `from` into the new file `to`; where that fails there is none. Throws BackupRefused. */
export function unsealFile(from: string, to: string, encryptionKey: string): void {
  const key = deriveKey(encryptionKey, readSalt(from));
  copyChunks({ from, to }, { chunk: chunkBytes + tagBytes, head: headBytes }, (chunk, number, isLast) => {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number, isLast));
      decipher.setAuthTag(chunk.subarray(-tagBytes));
      return [decipher.update(chunk.subarray(0, -tagBytes)), decipher.final()];
    } catch (cause) {
      const isKeyWrong = number === 0 ? 'AUTH_ENCRYPTION_KEY is not the key it was made with, or ' : '';
      throw new BackupRefused(`${from} can't be opened: ${isKeyWrong}it is damaged`, { cause });
    }
  });
}

/** `isLast` is in the nonce: a file that ends between two chunks does not open. */
function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function deriveKey(encryptionKey: string, salt: Buffer): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', encryptionKey, salt, 'loop-auth backup', 32));
}

function readSalt(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    return readUpTo(file, Buffer.alloc(headBytes)).subarray(signs.length);
  } finally {
    closeSync(file);
  }
}

type Change = (chunk: Buffer, number: number, isLast: boolean) => readonly Buffer[];

/** At least one chunk, empty where the file is. */
function copyChunks(
  { from, to }: { readonly from: string; readonly to: string },
  sizes: { readonly chunk: number; readonly head: number },
  change: Change,
): void {
  createPrivate(to);
  const [source, target] = [openSync(from, 'r'), openSync(to, 'w')];
  try {
    readUpTo(source, Buffer.alloc(sizes.head));
    // Two places in turn, and none for each chunk: in a container there is little room beside the service.
    let [one, other] = [Buffer.alloc(sizes.chunk), Buffer.alloc(sizes.chunk)];
    let chunk = readUpTo(source, one);
    for (let number = 0; ; number += 1) {
      const next = readUpTo(source, other);
      for (const bytes of change(chunk, number, next.length === 0)) writeAll(target, bytes);
      if (next.length === 0) return;
      chunk = next;
      [one, other] = [other, one];
    }
  } catch (error) {
    rmSync(to, { force: true });
    throw error;
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

/** What of the buffer could be filled. */
function readUpTo(file: number, buffer: Buffer): Buffer {
  let filled = 0;
  while (filled < buffer.length) {
    const read = readSync(file, buffer, filled, buffer.length - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(file, bytes, written, bytes.length - written);
  }
}
