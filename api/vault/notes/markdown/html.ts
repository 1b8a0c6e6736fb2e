// HTML in Markdown (CommonMark, sections 4.6 and 6.6): where a block of it ends, and how far one tag goes. By hand and
// not by one pattern: a tag may be long and never end, and be tried again from every sign in it.

const tagName = /<\/?[a-z][a-z0-9-]*/iy;
const attributeName = /[a-z_:][a-z0-9_.:-]*/iy;
const bareValue = /[^\s"'=<>`]+/y;
const spaces = /\s*/y;

const blockNames =
  /^<\/?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?:\s|\/?>|$)/i;

/** How a block of HTML ends: with the line that holds this, or before the first blank line. */
export type HtmlEnd = RegExp | 'blank line';

const blocks: ReadonlyArray<readonly [start: RegExp, end: HtmlEnd]> = [
  [/^<(?:script|pre|style|textarea)(?:[\s>]|$)/i, /<\/(?:script|pre|style|textarea)>/i],
  [/^<!--/, /-->/],
  [/^<\?/, /\?>/],
  [/^<![a-z]/i, />/],
  [/^<!\[CDATA\[/, /\]\]>/],
  [blockNames, 'blank line'],
];

/** How the block of HTML ends that `line` starts; undefined where it starts none. */
export function findHtmlEnd(line: string, isInParagraph: boolean): HtmlEnd | undefined {
  const known = blocks.find(([start]) => start.test(line));
  if (known !== undefined) {
    return known[1];
  }
  // Any other tag, alone on its line.
  const end = isInParagraph ? -1 : findTagEnd(line, 0);
  return end >= 0 && line.slice(end).trim() === '' ? 'blank line' : undefined;
}

/** Between which signs nothing is Markdown, tags aside. */
const passages: ReadonlyArray<readonly [start: string, end: string]> = [
  ['<!--', '-->'],
  ['<?', '?>'],
  ['<![CDATA[', ']]>'],
];

/** Where the comment, instruction or declaration ends that starts at `at`; -1 where none does. */
export function findPassageEnd(text: string, at: number): number {
  // An empty comment may be as short as this.
  const short = /^<!--(?:>|->)/.exec(text.slice(at, at + 6));
  if (short !== null) {
    return at + short[0].length;
  }
  const known = passages.find(([start]) => text.startsWith(start, at));
  if (known === undefined) {
    return /^<![a-z]/i.test(text.slice(at, at + 3)) ? endAfter(text, '>', at) : -1;
  }
  return endAfter(text, known[1], at + known[0].length);
}

function endAfter(text: string, sign: string, from: number): number {
  const found = text.indexOf(sign, from);
  return found < 0 ? -1 : found + sign.length;
}

/** Where the tag ends that starts at `at`; -1 where none does. */
export function findTagEnd(text: string, at: number): number {
  const name = endOf(tagName, text, at);
  if (name < 0) {
    return -1;
  }
  return text.charAt(at + 1) === '/'
    ? closeTag(text, skipSpaces(text, name), '>')
    : findOpenTagEnd(text, name);
}

function findOpenTagEnd(text: string, from: number): number {
  let at = from;
  for (;;) {
    const next = skipSpaces(text, at);
    const end = next > at ? endOf(attributeName, text, next) : -1;
    if (end < 0) {
      return closeTag(text, next, text.charAt(next) === '/' ? '/>' : '>');
    }
    at = findValueEnd(text, end);
    if (at < 0) {
      return -1;
    }
  }
}

// Where there is no value the name alone is an attribute.
function findValueEnd(text: string, name: number): number {
  const equals = skipSpaces(text, name);
  if (text.charAt(equals) !== '=') {
    return name;
  }
  const start = skipSpaces(text, equals + 1);
  const quote = text.charAt(start);
  return quote === '"' || quote === "'" ? endAfter(text, quote, start + 1) : endOf(bareValue, text, start);
}

const closeTag = (text: string, at: number, sign: string): number =>
  text.startsWith(sign, at) ? at + sign.length : -1;

const skipSpaces = (text: string, at: number): number => endOf(spaces, text, at);

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}
