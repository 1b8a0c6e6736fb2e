// auth/vault/access-keys/value.ts: the form of a key, and what is none.
import { crc32 } from 'node:zlib';
import t from 'tap';
import { createKeyValue, isKeyValue, looksLikeKey } from '../../../../auth/vault/access-keys/value.ts';

t.test('a key is its prefix, at least 256 random bits in base 62, and their CRC-32 in six digits', (t) => {
  const keys = Array.from({ length: 200 }, createKeyValue);
  t.equal(new Set(keys).size, keys.length);
  for (const key of keys) {
    const [, random = '', checksum = ''] = /^loop_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/.exec(key) ?? [];
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const read = [...checksum].reduce((sum, digit) => sum * 62 + alphabet.indexOf(digit), 0);
    t.equal(read, crc32(random), key);
  }
  t.ok(43 * Math.log2(62) >= 256);
  const used = new Set(keys.flatMap((key) => [...key.slice(5, 48)]));
  t.equal(used.size, 62, 'every digit comes');
  t.end();
});

t.test('what was mistyped, cut off, or made longer is no key', (t) => {
  const key = createKeyValue();
  t.equal(isKeyValue(key), true);
  for (const at of Array.from({ length: key.length }, (_, index) => index)) {
    const other = key[at] === 'x' ? 'y' : 'x';
    t.equal(isKeyValue(key.slice(0, at) + other + key.slice(at + 1)), false, `sign ${at}`);
    t.equal(isKeyValue(key.slice(0, at)), false, `the first ${at}`);
  }
  for (const odd of [`${key}a`, ` ${key}`, `${key}\n`, key.toUpperCase(), '', 'loop_', key.slice(5)])
    t.equal(isKeyValue(odd), false, JSON.stringify(odd));
  t.end();
});

t.test('a token of the library is never taken for a key', (t) => {
  t.equal(looksLikeKey(createKeyValue()), true);
  t.equal(looksLikeKey('loop_cut off'), true);
  t.equal(looksLikeKey(`loop_${'a'.repeat(38)}`), false, 'a token has 43 characters');
  t.equal(looksLikeKey('abc'), false);
  t.end();
});
