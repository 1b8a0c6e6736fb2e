// Values of YAML and JSON as their texts, where each part of those stands in the source, and how a text is put into their
// place (YAML 1.2.2, chapters 7 and 8; RFC 8259, section 7).
import { type Place, Places } from './places.ts';

/** `block`: a literal or folded block of YAML; '' is plain. */
type Quote = '"' | "'" | '' | 'block';

/** A value as it stands in the source, quotes included. */
export interface QuotedValue extends Place {
  quote: Quote;
  text: string;
  /** Where its text stands in the source. */
  places: Places;
}

/** The value from `start` to `end` of `source`. */
export function readValue(source: string, { start, end }: Place, quote: Quote): QuotedValue {
  const inner = quote === '' ? 0 : 1;
  const { text, places } =
    quote === 'block'
      ? readBlock(source, start, end)
      : readFlow(source, { start: start + inner, end: end - inner }, quote);
  return { start, end, quote, text, places };
}

/** `text` as a part of such a value; undefined where a plain one can't hold it. */
export function encodePart(text: string, quote: Quote): string | undefined {
  switch (quote) {
    case '"':
      return JSON.stringify(text).slice(1, -1);
    case "'":
      return text.replaceAll("'", "''");
    case 'block':
      return text;
    default:
      return isPlain(text) ? text : undefined;
  }
}

/** Whether it may stand in a plain value, also in a list in brackets and at its beginning, and be nothing but text. */
function isPlain(text: string): boolean {
  return /^[\p{L}./]/u.test(text) && !/[:#,[\]{}]|^(?:true|false|null|yes|no|on|off)$/i.test(text);
}

interface ScalarText {
  text: string;
  places: Places;
}

/** Builds a text out of stretches of a source. */
class TextBuilder {
  readonly places = new Places();
  #text = '';
  #next = -1;

  get built(): ScalarText {
    return { text: this.#text, places: this.places };
  }

  addAsIs(part: string, start: number): void {
    if (part === '') {
      return;
    }
    if (this.#next !== start) {
      this.places.add(this.#text.length, start);
    }
    this.#text += part;
    this.#next = start + part.length;
  }

  addEscape(text: string, start: number, width: number): void {
    this.places.addEscape(this.#text.length, start, width);
    this.#text += text;
    this.#next = -1;
  }
}

const run = /[^\s'"\\]+/y;
const blanks = /[ \t]*/y;
const fold = /(?:\r?\n[ \t]*)+/y;
const escapes = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|\r?\n[ \t]*|([\s\S]))/y;
const named: Record<string, string> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};

/** What stands between quotes, or plain, in one line or folded. */
function readFlow(source: string, { start, end }: Place, quote: Quote): ScalarText {
  const builder = new TextBuilder();
  for (let at = start; at < end; ) {
    const sign = source.charAt(at);
    const isEscape = (quote === '"' && sign === '\\') || (quote === "'" && sign === "'");
    const next = isEscape ? addEscape(builder, source, at) : addBlanks(builder, source, at);
    at = next > at ? next : addRun(builder, source, { start: at, end });
  }
  return builder.built;
}

function addEscape(builder: TextBuilder, source: string, at: number): number {
  const isQuote = source.charAt(at) === "'";
  const end = isQuote ? at + 2 : endOf(escapes, source, at);
  builder.addEscape(isQuote ? "'" : readEscape(source, at), at, end - at);
  return end;
}

/** Spaces as they are, or with a line's end among them as what they are folded to. */
function addBlanks(builder: TextBuilder, source: string, at: number): number {
  const blanksEnd = endOf(blanks, source, at);
  const end = endOf(fold, source, blanksEnd);
  if (end === blanksEnd) {
    builder.addAsIs(source.slice(at, end), at);
  } else {
    const breaks = source.slice(blanksEnd, end).split('\n').length - 1;
    builder.addEscape(breaks === 1 ? ' ' : '\n'.repeat(breaks - 1), at, end - at);
  }
  return end;
}

function addRun(builder: TextBuilder, source: string, { start, end }: Place): number {
  const next = Math.min(Math.max(endOf(run, source, start), start + 1), end);
  builder.addAsIs(source.slice(start, next), start);
  return next;
}

/** Where it ends; `at` where it does not fit. */
function endOf(pattern: RegExp, source: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(source) ? pattern.lastIndex : at;
}

function readEscape(source: string, at: number): string {
  escapes.lastIndex = at;
  const [, two, four, eight, name] = escapes.exec(source) ?? [];
  const code = two ?? four ?? eight;
  if (code !== undefined) {
    const point = Number.parseInt(code, 16);
    return point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
  }
  return name === undefined ? '' : (named[name] ?? name);
}

/** The lines of a block without their indent, whether they are folded or not. */
function readBlock(source: string, start: number, end: number): ScalarText {
  const builder = new TextBuilder();
  let at = source.indexOf('\n', start) + 1;
  while (at > 0 && at < end) {
    const found = source.indexOf('\n', at);
    const lineEnd = found < 0 || found > end ? end : found;
    const line = source.slice(at, lineEnd);
    const indent = line.length - line.trimStart().length;
    builder.addAsIs(line.trim(), at + indent);
    builder.addEscape('\n', lineEnd, 1);
    at = lineEnd + 1;
  }
  return builder.built;
}
