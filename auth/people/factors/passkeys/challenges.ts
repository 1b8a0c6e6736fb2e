// Challenges of passkeys: signed by the server and kept nowhere until one is used, so that no stranger fills a table.
import { randomBytes } from 'node:crypto';
import Keygrip from 'keygrip';
import type { ParameterizedContext } from 'koa';

/** What it is asked for, and the session or sign-in that it is asked in. */
export interface Asking {
  readonly purpose: 'add' | 'sign-in';
  readonly bound: string;
}

export interface Challenges {
  /** In base64url, as browsers are given it. */
  readonly make: (asking: Asking) => string;
  /** Until when it is good, in epoch seconds; undefined where it is not, or was made for something else. */
  readonly read: (asking: Asking, challenge: string) => number | undefined;
}

// The page may lie open while somebody looks for the phone.
const goodSeconds = 10 * 60;

/** `keys` sign cookies as well; what is signed here could be no cookie's value. */
export function createChallenges(keys: readonly string[]): Challenges {
  const keygrip = new Keygrip([...keys], 'sha256');
  const signed = ({ purpose, bound }: Asking, nonce: string, expiresAt: string): string =>
    ['passkey', purpose, bound, nonce, expiresAt].join('\n');
  return {
    make: (asking) => {
      const nonce = randomBytes(16).toString('base64url');
      const expiresAt = String(Math.floor(Date.now() / 1000) + goodSeconds);
      const signature = keygrip.sign(signed(asking, nonce, expiresAt));
      return Buffer.from([nonce, expiresAt, signature].join('.')).toString('base64url');
    },
    read: (asking, challenge) => {
      const [nonce = '', expiresAt = '', signature = ''] = Buffer.from(challenge, 'base64url')
        .toString()
        .split('.');
      if (!keygrip.verify(signed(asking, nonce, expiresAt), signature)) return undefined;
      return Number(expiresAt) > Date.now() / 1000 ? Number(expiresAt) : undefined;
    },
  };
}

/** For the library, which asks of one challenge; and which one it was that is good. */
export function followChallenge(challenges: Challenges, asking: Asking) {
  let asked: { readonly challenge: string; readonly until: number } | undefined;
  return {
    isAsked: (challenge: string): boolean => {
      const until = challenges.read(asking, challenge);
      asked = until === undefined ? undefined : { challenge, until };
      return asked !== undefined;
    },
    asked: () => asked,
  };
}

const markName = 'loop_asked';

/** What a browser is known by that nobody is signed in with; a new value where it has none. */
export function markBrowser(ctx: ParameterizedContext): string {
  const known = ctx.cookies.get(markName, { signed: false });
  if (known !== undefined && /^[\w-]{22}$/.test(known)) return known;
  const mark = randomBytes(16).toString('base64url');
  ctx.cookies.set(markName, mark, { signed: false, httpOnly: true, sameSite: 'lax', overwrite: true });
  return mark;
}

/** The value it came with; empty, which no challenge is made for, where it keeps none. */
export function readMark(ctx: ParameterizedContext): string {
  return ctx.cookies.get(markName, { signed: false }) ?? '';
}
