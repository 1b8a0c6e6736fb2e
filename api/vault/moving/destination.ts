// The path of a Markdown link as a URL's (RFC 3986, section 3.3), written as the one was that stood there before: what of
// it stays the same stays as it is written.
import { decodeDestination, unescapeText } from '../notes/markdown/link-parts.ts';

/** How the destination that stands there is written. */
interface Style {
  isAngled: boolean;
  /** Whatever is not ASCII is percent-encoded. */
  encodesAll: boolean;
  /** In angle brackets, which would not need it, a space is `%20`. */
  encodesSpaces: boolean;
}

// What would end the destination, be taken for an escape, or begin something that goes beyond the link's end.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they end a destination
const unsafe = /[\u0000-\u001f\u007f%<>\\#?`$|:]/g;

export interface DestinationBefore {
  /** What stood there, without angle brackets. */
  path: string;
  isAngled: boolean;
  /** Whether others around it that are in no angle brackets encode what is not ASCII. */
  mayEncodeAll: boolean;
}

/** `path` in the place of what stood there. */
export function writeDestination(
  path: string,
  { path: before, isAngled, mayEncodeAll }: DestinationBefore,
): string {
  const style = {
    isAngled,
    encodesAll: encodesAll(before) ?? (mayEncodeAll && !isAngled),
    encodesSpaces: !isAngled || before.includes('%20'),
  };
  const written = before.split('/');
  const read = written.map((segment) => decodeDestination(unescapeText(segment)));
  const wanted = path.split('/');
  const kept = findKept(wanted, read);
  return wanted.map((segment, index) => kept(index, written) ?? encodeSegment(segment, style)).join('/');
}

/** Whether what is not ASCII is encoded; undefined where there is nothing of the kind. */
export function encodesAll(path: string): boolean | undefined {
  if (/%[89a-f]/i.test(path)) {
    return true;
  }
  return /[^ -~]/.test(path) ? false : undefined;
}

/** Which of the segments that were there stand for one that is wanted: those at the end first, then those at the beginning. */
function findKept(
  wanted: readonly string[],
  read: readonly string[],
): (index: number, written: readonly string[]) => string | undefined {
  const shift = read.length - wanted.length;
  let last = wanted.length;
  while (last > 0 && last + shift > 0 && wanted[last - 1] === read[last + shift - 1]) {
    last -= 1;
  }
  let first = 0;
  while (first < last && wanted[first] === read[first]) {
    first += 1;
  }
  return (index, written) => {
    if (index >= last) return written[index + shift];
    return index < first ? written[index] : undefined;
  };
}

function encodeSegment(segment: string, { isAngled, encodesSpaces, ...style }: Style): string {
  let text = segment.replace(unsafe, percentEncode);
  if (encodesSpaces) text = text.replaceAll(' ', '%20');
  if (!(isAngled || hasPairs(text))) text = text.replace(/[()]/g, percentEncode);
  // A character reference (CommonMark, section 2.5) would be read as what it stands for.
  text = text.replace(/&(?=[a-zA-Z]+;)/g, '%26');
  return style.encodesAll ? text.replace(/[^ -~]+/gu, percentEncode) : text;
}

const percentEncode = (text: string): string =>
  Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/** Whether its round brackets are in pairs. */
function hasPairs(text: string): boolean {
  let depth = 0;
  for (const sign of text) {
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}
