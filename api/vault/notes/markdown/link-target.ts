// What the links of a note say of where they lead: paths inside the vault, whether anything is there or not.
import { posix } from 'node:path';
import { normalizeText } from '../../unicode.ts';
import { withoutExtension } from '../name.ts';
import { decodeDestination } from './link-parts.ts';

const { dirname, join, normalize } = posix;

export interface NoteLink {
  /**
   * A vault path without the extension of a note. One that starts with `/` is whole; `./` is looked for below the note's
   * own folder before it is looked for anywhere; all others may be the end of a path (`[[Name]]`).
   */
  target: string;
  /** The path in it as somebody wrote it. */
  written: string;
}

/** Characters. No path in a vault (path.ts) is longer. */
const longestPath = 4096;
const scheme = /^[a-z][a-z0-9+.-]*:/i;

/** What `[[…]]` leads to, in the note `id`; undefined for a place in the note itself, or outside of the vault. */
export function readWikiTarget(text: string, id: string): NoteLink | undefined {
  const end = text.search(/[#^|]/);
  // In a table the sign before another text has a backslash of its own.
  const path = (end < 0 ? text : text.slice(0, end)).replace(/\\$/, '').replaceAll('\u00a0', ' ').trim();
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(path) ? undefined : createLink(path, id, '');
}

/** The same for where a Markdown link leads. */
export function readDestinationTarget(destination: string, id: string): NoteLink | undefined {
  const [address = ''] = destination.split('#', 1);
  if (scheme.test(address) || address.startsWith('//') || address.length > 3 * longestPath) {
    return undefined;
  }
  return createLink(decodeDestination(address), id, './');
}

function createLink(path: string, id: string, prefix: string): NoteLink | undefined {
  const isPath = path !== '' && path.length <= longestPath && !path.endsWith('/');
  if (!isPath) {
    return undefined;
  }
  const written = normalizeText(path, 'NFC');
  const target = withoutExtension(written);
  const plain = /(?:^|\/)\.{0,2}\//.test(target) ? normalize(target) : target;
  if (/^\.{1,2}\//.test(target) || plain.startsWith('../')) {
    return { target: join('/', dirname(id), target), written };
  }
  return { target: plain.startsWith('/') ? plain : prefix + plain, written };
}
