// What a check comes to: fine, something found, or not looked at and why.
import type { Values, WordKey } from '../../pages/words.ts';
import type { Cause, CheckName } from './causes.ts';

/** Words among the values of a cause, told in the language of the terminal. */
const told = {
  slash: 'doctor.how.slash',
  scheme: 'doctor.how.scheme',
  case: 'doctor.how.case',
  port: 'doctor.how.port',
  path: 'doctor.how.path',
  other: 'doctor.how.other',
  html: 'doctor.kinds.html',
  nothing: 'doctor.kinds.nothing',
  json: 'doctor.kinds.json',
  otherKind: 'doctor.kinds.other',
} as const satisfies Readonly<Record<string, WordKey>>;

export type Told = keyof typeof told;

export interface Found {
  readonly state: 'warning' | 'failure';
  readonly cause: Cause;
  readonly values: Values;
  /** Values that are words of ours, by the name of the value. */
  readonly told: Readonly<Record<string, WordKey>>;
}

export interface Fine {
  readonly state: 'ok';
  /** What was seen, in no language: an address, a number. */
  readonly detail: string;
}

export interface Skipped {
  readonly state: 'skipped';
  readonly why: 'elsewhere' | 'sse' | 'time' | 'after';
  /** The check that failed before, for `after`. */
  readonly after?: CheckName;
}

export type Finding = Fine | Found | Skipped;

export const fine = (detail = ''): Fine => ({ state: 'ok', detail });

export const elsewhere: Skipped = { state: 'skipped', why: 'elsewhere' };

export function failure(
  cause: Cause,
  values: Values = {},
  words: Readonly<Record<string, Told>> = {},
): Found {
  return { state: 'failure', cause, values, told: keysOf(words) };
}

export function warning(
  cause: Cause,
  values: Values = {},
  words: Readonly<Record<string, Told>> = {},
): Found {
  return { ...failure(cause, values, words), state: 'warning' };
}

function keysOf(words: Readonly<Record<string, Told>>): Record<string, WordKey> {
  return Object.fromEntries(Object.entries(words).map(([name, word]) => [name, told[word]]));
}

/** In what two addresses that should be the same string differ, so that a person sees it. */
export function differenceOf(found: string, expected: string): Told {
  if (found.replace(/\/$/, '') === expected.replace(/\/$/, '')) return 'slash';
  if (found.replace(/^https?:/, '') === expected.replace(/^https?:/, '')) return 'scheme';
  if (found.toLowerCase() === expected.toLowerCase()) return 'case';
  const [one, other] = [URL.parse(found), URL.parse(expected)];
  if (!one || !other || one.hostname !== other.hostname) return 'other';
  return one.port === other.port ? 'path' : 'port';
}
