// The codes that a person enters for a terminal: how they are stored, and what of a link may be one.
import { createHmac } from 'node:crypto';
import type { Adapter } from 'oidc-provider';
import { wrapAdapter } from '../../wrapped-adapter.ts';

/** No vowels, of which words are made, and no digits: letters that any keyboard has (RFC 8628 section 6.1). */
export const charset = 'base-20';
export const mask = '****-****';
const letters = 8;

/**
 * There are so few codes that a thief of the database would find each by trying all of them against its bare hash. With
 * AUTH_ENCRYPTION_KEY the keys are not in the database. `keys` are those of cookies, the newest first.
 */
export function keyingUserCodes(codes: Adapter, keys: readonly string[]): Adapter {
  const keyed = keys.map(
    (key) => (userCode: string) =>
      createHmac('sha256', key).update(`user code ${userCode}`).digest('base64url'),
  );
  return wrapAdapter(codes, {
    upsert: async (id, payload, expiresIn) => {
      const { userCode } = payload;
      const stored = userCode === undefined ? payload : { ...payload, userCode: keyed[0]?.(userCode) ?? '' };
      await codes.upsert(id, stored, expiresIn);
    },
    findByUserCode: async (userCode) => {
      for (const keyedBy of keyed) {
        const found = await codes.findByUserCode(keyedBy(userCode));
        // The library compares it.
        if (found) return { ...found, userCode };
      }
      return undefined;
    },
  });
}

/** What a link gives as a code, as terminals show it; undefined where it can be none. */
export function readShownCode(given: unknown): string | undefined {
  const code = String(given)
    .toUpperCase()
    .replace(/[^A-Z]/g, '');
  return code.length === letters ? `${code.slice(0, 4)}-${code.slice(4)}` : undefined;
}
