// A page of a list as one answer can hold it.
import { countJson, largestAnswer } from './size.ts';

/** A tenth of an answer is for what its caller puts around the page, such as the folder that is listed. */
const roomForPage = 0.9;

/**
 * The page that `read` gives for `limit` or, where it is too large, for as many rows as one answer of `most` characters
 * holds: asked for again, so that what follows begins with the next one.
 */
export function fitPage<Page>(
  limit: number,
  read: (limit: number) => Page,
  rowsOf: (page: Page) => readonly unknown[],
  most = largestAnswer,
): Page {
  let page = read(limit);
  let fitting = countFitting(page, rowsOf(page), most * roomForPage);
  // Once more where the cursor of the shorter page is longer.
  while (fitting < rowsOf(page).length && rowsOf(page).length > 1) {
    page = read(Math.max(fitting, 1));
    fitting = countFitting(page, rowsOf(page), most * roomForPage);
  }
  return page;
}

function countFitting(page: unknown, rows: readonly unknown[], most: number): number {
  const sizes = rows.map((row) => countJson(row) + 1);
  const around = countJson(page) - sizes.reduce((sum, size) => sum + size, 0);
  let total = around;
  const end = sizes.findIndex((size) => {
    total += size;
    return total > most;
  });
  return end < 0 ? rows.length : end;
}
