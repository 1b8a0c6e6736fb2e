// A place in a list, as the opaque text that a caller hands back.
import { BadCursor } from '../errors.ts';

export type CursorParts = ReadonlyArray<string | number>;

export function createCursor(parts: CursorParts): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The parts of a cursor; throws BadCursor unless they are as many and of the same types as in `like`. */
export function parseCursor<Parts extends CursorParts>(cursor: string, like: Parts): Parts {
  const parts = decode(cursor);
  const fits =
    Array.isArray(parts) &&
    parts.length === like.length &&
    like.every((example, index) => typeof parts[index] === typeof example);
  if (!fits) {
    throw new BadCursor();
  }
  return parts as unknown as Parts;
}

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
