// A time from which on changes are meant, as people give it to a terminal or in an address.

const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Epoch milliseconds of ISO 8601 (a day alone begins in UTC), or of so long ago: `30m`, `2h`, `7d`. Undefined for anything
 * else.
 */
export function readSince(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return Date.now() - Number(count) * unitsMs[unit as keyof typeof unitsMs];
  const time = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
