// How long what was read from a client's host is used before it is read again (RFC 9111).
import { epochSeconds } from '../../../adapters/database/time.ts';
import type { FetchedJson } from './guarded-fetch.ts';

const hour = 3600;
const day = 24 * hour;

/** Of what was read before the clock went back nobody knows how old it is: then it is read again. */
export function isFresh({ freshUntil: until }: { readonly freshUntil: number }): boolean {
  const now = epochSeconds();
  return until > now && until <= now + day;
}

/** Until when (epoch seconds) an answer is fresh: as its headers say, within a minute and a day; an hour if they don't. */
export function freshUntil({ maxAgeSeconds = hour }: FetchedJson): number {
  return epochSeconds() + Math.min(Math.max(maxAgeSeconds, 60), day);
}
