// What an edit put into a note, as long as all around it is the same bytes.
import assert from 'node:assert/strict';

/** In UTF-16 units. */
export interface Stretch {
  from: number;
  to: number;
}

/** What stands in `after` in place of what stood there in `before`. */
export function inPlaceOf(before: string, after: string, { from, to }: Stretch): string {
  assert.equal(after.slice(0, from), before.slice(0, from), 'what is before it stays');
  const rest = before.slice(to);
  assert.equal(after.slice(after.length - rest.length), rest, 'what is behind it stays');
  assert.ok(from + rest.length <= after.length, 'and they share nothing');
  return after.slice(from, after.length - rest.length);
}

/** What was put into `before`, of which nothing is gone, somewhere in that stretch. */
export function insertedIn(before: string, after: string, { from, to }: Stretch): string {
  let same = 0;
  while (same < before.length && before[same] === after[same]) same += 1;
  const at = Math.max(from, Math.min(same, to));
  return inPlaceOf(before, after, { from: at, to: at });
}
