// How long what was read from a client's host is used before it is read again (RFC 9111).
import { epochSeconds } from '../../../adapters/database/time.ts';
import type { FetchedJson } from './guarded-fetch.ts';

const hour = 3600;
const day = 24 * hour;

/** Until when (epoch seconds) an answer is fresh: as its headers say, within a minute and a day; an hour if they don't. */
export function freshUntil({ maxAgeSeconds = hour }: FetchedJson): number {
  return epochSeconds() + Math.min(Math.max(maxAgeSeconds, 60), day);
}
