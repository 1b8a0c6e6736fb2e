// Recovery codes: ten on paper, for who has lost the phone that makes the codes.
import { randomBytes } from 'node:crypto';

const recoveryCodeCount = 10;

// Crockford's 32: none that looks like another, and few vowels, so that few words come up.
const signs = '0123456789abcdefghjkmnpqrstvwxyz';
const groups = 6;
const groupSigns = 4;

/** Each of 120 random bits, in groups such as `7hq2-…`. */
export function makeRecoveryCodes(): string[] {
  return Array.from({ length: recoveryCodeCount }, makeOne);
}

function makeOne(): string {
  const bytes = randomBytes(groups * groupSigns);
  const text = Array.from(bytes, (byte) => signs[byte % signs.length]).join('');
  return Array.from({ length: groups }, (_, at) => text.slice(at * groupSigns, (at + 1) * groupSigns)).join(
    '-',
  );
}

const alike: Readonly<Record<string, string>> = { o: '0', i: '1', l: '1' };
// Nobody's code is longer, whatever stands between its signs.
const longestTyped = 100;

/** As it was made, however it was typed; undefined for what is none. */
export function readRecoveryCode(typed: string): string | undefined {
  if (typed.length > longestTyped) return undefined;
  const text = typed
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replace(/[oil]/g, (sign) => alike[sign] ?? sign);
  if (text.length !== groups * groupSigns || /[^0-9a-hjkmnp-tv-z]/.test(text)) return undefined;
  return Array.from({ length: groups }, (_, at) => text.slice(at * groupSigns, (at + 1) * groupSigns)).join(
    '-',
  );
}
