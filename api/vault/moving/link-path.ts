// How the path in a link is written: short, relative or whole, with or without extension, and the paths that say in the
// same way where it leads after a move.
import { posix } from 'node:path';
import { decodeDestination, unescapeText } from '../notes/markdown/link-parts.ts';
import { folderOf, foldName, withoutExtension } from '../notes/name.ts';
import { isNoteName } from '../notes/path.ts';
import type { WrittenLink } from '../notes/written/text-links.ts';
import { normalizeText } from '../unicode.ts';

/** Where something is before and after the move. */
export interface Way {
  before: string;
  after: string;
}

export type PathForm =
  /** From the folder of the note; `prefix`: with `./` where it goes no folder up. */
  | { kind: 'relative'; prefix: boolean }
  /** From the top of the vault; `slash`: with a `/` before it. */
  | { kind: 'whole'; slash: boolean }
  /** The last segments of a path: one is a bare name. */
  | { kind: 'end'; segments: number };

/** The path in a link as it is meant, in NFC. */
export function readLinkPath({ form, path }: Pick<WrittenLink, 'form' | 'path'>): string {
  const plain = form === 'destination' ? decodeDestination(unescapeText(path)) : path;
  return normalizeText(form === 'wiki' ? plain.replaceAll('\u00a0', ' ') : plain, 'NFC');
}

const keyOf = (path: string): string => foldName(withoutExtension(path));

/** The form of a link in the note `from` that leads to the note or file `to`. */
export function readPathForm(link: Pick<WrittenLink, 'form' | 'path'>, from: string, to: string): PathForm {
  const path = readLinkPath(link);
  if (link.form === 'path' || path.startsWith('/')) {
    return { kind: 'whole', slash: path.startsWith('/') };
  }
  if (/^\.{1,2}\//.test(path)) {
    return { kind: 'relative', prefix: link.form === 'wiki' || path.startsWith('./') };
  }
  if (link.form === 'destination' && isRelativeTo(from, path, to)) {
    return { kind: 'relative', prefix: false };
  }
  const segments = path.split('/').length;
  return segments > 1 && keyOf(path) === keyOf(to)
    ? { kind: 'whole', slash: false }
    : { kind: 'end', segments };
}

/** Whether `path`, from the folder of `from` on, is `to`: as every reader of Markdown takes it. */
export function isRelativeTo(from: string, path: string, to: string): boolean {
  return keyOf(posix.join(folderOf(from), path)) === keyOf(to);
}

/** `to` in this form, for a link that had the path `path` and stands in the note `from`. */
export function writePath(form: PathForm, path: string, from: string, to: string): string {
  const shown = isNoteName(to) && !isNoteName(path) ? withoutExtension(to) : to;
  switch (form.kind) {
    case 'relative': {
      const way = posix.relative(folderOf(from), shown);
      return form.prefix && !way.startsWith('../') ? `./${way}` : way;
    }
    case 'whole':
      return form.slash ? `/${shown}` : shown;
    default: {
      const segments = shown.split('/');
      return segments.length < form.segments ? shown : segments.slice(-form.segments).join('/');
    }
  }
}
