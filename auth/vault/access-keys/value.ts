// What an access key looks like, in the form of GitHub's: secret scanners find it anywhere and know it from what only looks like one.
import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const prefix = 'loop_';
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
// 62 to the power of 43 is more than 2 to the power of 256: no guess finds one, and a fast hash keeps it
// (adapters/database/hash.ts).
const randomLength = 43;
const checksumLength = 6;
const form = /^loop_[0-9A-Za-z]{43}[0-9A-Za-z]{6}$/;
/** What the library makes has this length, and may begin with anything. */
const tokenLength = 43;

/** The client id under which a key's calls are known: as long as it lives its own, and never an app's. */
export function clientIdOf({ id }: { readonly id: string }): string {
  return `key:${id}`;
}

export function isClientIdOfKey(clientId: string): boolean {
  return clientId.startsWith('key:');
}

/** The prefix, random digits in base 62, and their CRC-32. */
export function createKeyValue(): string {
  const random = Array.from({ length: randomLength }, () => digits[randomInt(digits.length)]).join('');
  return prefix + random + checksumOf(random);
}

/** Whether it can be a key: false for one that was mistyped, cut off or made up, and nobody has to look for it. */
export function isKeyValue(text: string): boolean {
  if (!form.test(text)) return false;
  const random = text.slice(prefix.length, -checksumLength);
  return text.endsWith(checksumOf(random));
}

/** Whether it is meant for one, right or wrong; no token of the library is. */
export function looksLikeKey(text: string): boolean {
  return text.startsWith(prefix) && text.length !== tokenLength;
}

function checksumOf(random: string): string {
  let rest = crc32(random);
  let written = '';
  for (let at = 0; at < checksumLength; at += 1) {
    written = `${digits[rest % digits.length]}${written}`;
    rest = Math.floor(rest / digits.length);
  }
  return written;
}
