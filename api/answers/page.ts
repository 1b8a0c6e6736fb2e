// A page of a list as one answer can hold it.
import { countJsonBytes, largestAnswer } from './size.ts';

/** Beside the rows of a page: cursors, and the names of what they are. */
const roomForNames = 16_384;

/**
 * The page that `read` gives for `limit` or, where its rows are too large, for as many as one answer holds: asked for
 * again, so that what follows begins with the next one. `most`: bytes of JSON.
 */
export function fitPage<Page>(
  limit: number,
  read: (limit: number) => Page,
  rowsOf: (page: Page) => readonly unknown[],
  most = largestAnswer,
): Page {
  const page = read(limit);
  let bytes = roomForNames;
  const fitting = rowsOf(page).findIndex((row) => {
    bytes += 1 + countJsonBytes(row, most);
    return bytes > most;
  });
  return fitting < 0 ? page : read(Math.max(fitting, 1));
}
