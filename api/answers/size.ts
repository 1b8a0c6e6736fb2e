// How large an answer may be, counted in the characters of its JSON, escapes included, before that is built.

/** Characters (UTF-16 units) of one answer's JSON: what a model is given at once. Claude Code takes 25,000 tokens. */
export const largestAnswer = 50_000;
/**
 * Bytes of one answer on the wire, at most: three a character, once more as text (which escapes what takes one byte only),
 * and what JSON-RPC puts around.
 */
export const largestAnswerBytes = 2 * 3 * largestAnswer + 8_192;

/** Characters of `text` as a JSON string, without the quotes; counting stops beyond `most`. */
export function countText(text: string, most = Number.POSITIVE_INFINITY): number {
  let length = 0;
  for (let at = 0; at < text.length && length <= most; at += 1) length += escapedLength(text, at);
  return length;
}

/** Where the part of `text` from `start` ends that takes `most` characters of JSON; never within a character. */
export function findCut(text: string, start: number, most: number, end = text.length): number {
  let length = 0;
  let at = start;
  while (at < end) {
    length += escapedLength(text, at);
    if (length > most) break;
    at += 1;
  }
  return at < end && at > start && isLowSurrogate(text.charCodeAt(at)) ? at - 1 : at;
}

// JSON.stringify writes everything as it is but quotes, backslashes, control characters and lone surrogates.
function escapedLength(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0x20) return '\b\t\n\f\r'.includes(text[at] ?? '') ? 2 : 6;
  if (unit === 0x22 || unit === 0x5c) return 2;
  return unit < 0xd800 || unit > 0xdfff || isPaired(text, at) ? 1 : 6;
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

function isPaired(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (isHighSurrogate(unit)) return isLowSurrogate(text.charCodeAt(at + 1));
  return isHighSurrogate(text.charCodeAt(at - 1));
}

/** Characters of the JSON of a plain value, or a few more; counting stops beyond `most`. */
export function countJson(value: unknown, most = Number.POSITIVE_INFINITY): number {
  let length = 0;
  // Not by calling itself: front matter may be nested deeper than a stack is.
  const left = [value];
  while (left.length > 0 && length <= most) {
    const next = left.pop();
    if (typeof next === 'string') length += 2 + countText(next, most);
    else if (typeof next !== 'object' || next === null) length += JSON.stringify(next)?.length ?? 0;
    else length += 2 + countMembers(next, left);
  }
  return length;
}

/** Characters of names, colons and commas; what they name is put on `left`. */
function countMembers(value: object, left: unknown[]): number {
  let length = 0;
  for (const [name, member] of Object.entries(value)) {
    length += Array.isArray(value) ? 1 : 4 + countText(name);
    left.push(member);
  }
  return length;
}

/** The first of `items` that together take at most `most` characters of JSON. */
export function takeFirst<Item>(items: readonly Item[], most: number): readonly Item[] {
  let length = 2;
  const end = items.findIndex((item) => {
    length += countJson(item, most) + 1;
    return length > most;
  });
  return end < 0 ? items : items.slice(0, end);
}

/** A title may be a line of any length; ten of them are one answer of a search. */
export function shortenTitle(title: string): string {
  if (title.length <= 300) return title;
  const end = isLowSurrogate(title.charCodeAt(299)) ? 298 : 299;
  return `${copyText(title.slice(0, end))}…`;
}

/** A slice would keep all of the text that it is of in memory for as long as it is itself. */
export function copyText(slice: string): string {
  return Buffer.from(slice).toString();
}
