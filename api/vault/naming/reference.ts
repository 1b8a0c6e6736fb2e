// What a caller wrote to name a note, taken apart: an id, a wiki link, an address, a name, each with a heading or block.

/** One way to understand it. */
export interface NoteReference {
  /** Maybe an id, else as much of a path as was given, with or without extension. */
  name: string;
  /** What stands behind the `#`: headings from the outside in, with a `#` between them, or `^block`; '' for all of it. */
  part: string;
}

/** Places in an address where the path of a note may begin. */
const mostStarts = 3;
/** Of a name; whoever has more `#` in it has to write the name as it is. */
const mostParts = 8;

/** In the order in which they are to be tried: what is nearest to the text as it stands comes first. */
export function readReferences(given: string): NoteReference[] {
  // Another way to name a note is one more reader here.
  const readers = [readWikiLink, readMarkdownLink, readAddress, decodeText];
  const texts = [given, ...readers.flatMap((read) => read(given.trim()))];
  return [...new Set(texts)].flatMap(splitParts);
}

function splitParts(text: string): NoteReference[] {
  const whole = { name: text, part: '' };
  const marks = [...text.matchAll(/#/g)].map(({ index }) => index);
  // A name may hold a # of its own, so the longest one is tried first.
  const divided = marks.slice(0, mostParts).reverse();
  return [whole, ...divided.map((at) => ({ name: text.slice(0, at), part: text.slice(at + 1) }))];
}

/** `[[Name#Heading|shown]]`, embedded or in a table, where the bar has a backslash before it. */
function readWikiLink(text: string): string[] {
  const start = text.startsWith('!') ? 1 : 0;
  if (!text.startsWith('[[', start) || !text.endsWith(']]')) return [];
  const [target = ''] = text.slice(start + 2, -2).split('|', 1);
  return [target.endsWith('\\') ? target.slice(0, -1).trim() : target.trim()];
}

function readMarkdownLink(text: string): string[] {
  const at = text.lastIndexOf('](');
  if (at < 0 || !/^!?\[/.test(text) || !text.endsWith(')')) return [];
  const target = withoutTitle(text.slice(at + 2, -1).trim());
  return decodeText(target.startsWith('<') && target.endsWith('>') ? target.slice(1, -1) : target);
}

/** Without the title behind where a link leads; spaces in that are forgiven. */
function withoutTitle(inner: string): string {
  const sign = inner.endsWith(')') ? '(' : inner.slice(-1);
  const start = inner.lastIndexOf(sign, inner.length - 2);
  const isTitle = /["'(]/.test(sign) && start > 0 && inner.slice(start - 1, start).trim() === '';
  return isTitle ? inner.slice(0, start).trim() : inner;
}

/** The citation link of a note (`…/notes/PATH`), its address as a resource, or Obsidian's own. */
function readAddress(text: string): string[] {
  if (/^https?:\/\//i.test(text)) {
    const path = text.replace(/^https?:\/\/[^/]*/i, '');
    // loop-api's own prefix may have a `notes` in it, and so may the path of a note.
    const starts = [...path.matchAll(/\/notes(?=\/)/g)].slice(0, mostStarts);
    return starts.flatMap(({ index }) => decodeText(path.slice(index + 7)));
  }
  if (text.startsWith('vault:///')) return decodeText(text.slice(9));
  const file = /^obsidian:\/\/open\/?\?(?:[^#]*&)?file=([^&#]*)/i.exec(text)?.[1];
  return file === undefined ? [] : decodeText(file);
}

function decodeText(text: string): string[] {
  try {
    return [decodeURIComponent(text)];
  } catch {
    return [text];
  }
}
