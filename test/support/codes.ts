// The app on Ann's phone: what turns codes on for her, and the codes that it shows.
import { createHmac } from 'node:crypto';
import type { Test } from 'tap';
import { Browser, type Page } from '../../scripts/demo/browser.ts';
import { holdClock } from './clock.ts';
import { ann, type LoopAuth, startLoopAuth } from './loop-auth.ts';

export interface Codes {
  /** In base32. */
  readonly secret: string;
  readonly recovery: readonly string[];
}

/** What the phone shows (RFC 6238 with RFC 4226's truncation); `steps` half minutes from now. */
export function codeOf(secret: string, steps = 0): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const digest = createHmac('sha1', secretBytes(secret)).update(counter).digest();
  const offset = Number(digest.at(-1)) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Of base32 (RFC 4648 section 6). */
export function secretBytes(secret: string): Buffer {
  const bits = [...secret].map((sign) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

/** Ann, signed in with her password alone, on the page of what keeps her account safe. */
export async function openSecurity(loop: LoopAuth, browser = new Browser(), person = ann): Promise<Page> {
  const page = await browser.visit(`${loop.issuer}/account/security`);
  return page.text.includes('name="back"') ? browser.submit(page, { ...person }) : page;
}

/** Up to the QR code; resolves to that page. */
export async function beginCodes(loop: LoopAuth, browser: Browser): Promise<Page> {
  return browser.submit(await openSecurity(loop, browser), { password: ann.password, action: 'begin' });
}

export function secretOn({ text }: Page): string {
  return /id="secret">([^<]+)</.exec(text)?.[1]?.replaceAll(' ', '') ?? '';
}

export function recoveryCodesOn({ text }: Page): string[] {
  return [...text.matchAll(/<li>([0-9a-z-]{29})/g)].map(([, code = '']) => code);
}

export async function turnOnCodes(loop: LoopAuth, browser = new Browser()): Promise<Codes> {
  const page = await beginCodes(loop, browser);
  const secret = secretOn(page);
  const done = await browser.submit(page, { code: codeOf(secret), action: 'confirm' });
  return { secret, recovery: recoveryCodesOn(done) };
}

export const asksForCode = (page: Page): boolean => page.text.includes('name="code"');
export const isSignedIn = (page: Page): boolean => page.text.includes('form="sign-out"');

/** With the right password, to what comes after it. */
export async function sendPassword(loop: LoopAuth, browser = new Browser()): Promise<Page> {
  return browser.submit(await browser.visit(`${loop.issuer}/account`), { ...ann });
}

/**
 * A loop-auth in which Ann has codes, and the one that turned them on is used up. Its clock stands: a code is good for half a
 * minute, and a busy machine takes longer for a sign-in.
 */
export async function startWithCodes(t: Test) {
  const clock = holdClock(t);
  const loop = await startLoopAuth(t);
  const owner = new Browser();
  const codes = await turnOnCodes(loop, owner);
  clock.advance(60);
  return { clock, loop, owner, ...codes };
}
