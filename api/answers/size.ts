// How large an answer may be, counted in the bytes of its JSON, escapes included, before that is built.

/** One answer: room for a note that one call could write (1 MiB of JSON), with what is known of it. */
export const largestAnswer = 1_310_720;
/** A second copy of an answer as text, or a part of a note that is read in parts: as much as models take in at once. */
export const largestText = 262_144;

/** Bytes of `text` as a JSON string, without the quotes; counting stops beyond `most`. */
export function countTextBytes(text: string, most = Number.POSITIVE_INFINITY): number {
  let bytes = 0;
  for (let at = 0; at < text.length && bytes <= most; at += 1) bytes += unitBytes(text, at);
  return bytes;
}

/** Where the part of `text` from `start` ends that takes `most` bytes of JSON; never within a character. */
export function findCut(text: string, start: number, most: number): number {
  let bytes = 0;
  let at = start;
  while (at < text.length) {
    bytes += unitBytes(text, at);
    if (bytes > most) break;
    at += 1;
  }
  return at < text.length && isLowSurrogate(text.charCodeAt(at)) && at > start ? at - 1 : at;
}

// JSON.stringify writes everything as it is but quotes, backslashes, control characters and lone surrogates.
function unitBytes(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0x20) return '\b\t\n\f\r'.includes(text[at] ?? '') ? 2 : 6;
  if (unit === 0x22 || unit === 0x5c) return 2;
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return isPaired(text, at) ? 2 : unpairedBytes(unit);
}

const unpairedBytes = (unit: number): number => (unit < 0xd800 || unit > 0xdfff ? 3 : 6);

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

// Four bytes for both.
function isPaired(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (isHighSurrogate(unit)) return isLowSurrogate(text.charCodeAt(at + 1));
  return isLowSurrogate(unit) && isHighSurrogate(text.charCodeAt(at - 1));
}

/** Bytes of the JSON of a plain value, or a few more; counting stops beyond `most`. */
export function countJsonBytes(value: unknown, most = Number.POSITIVE_INFINITY): number {
  let bytes = 0;
  // Not by calling itself: front matter may be nested deeper than a stack is.
  const left = [value];
  while (left.length > 0 && bytes <= most) {
    const next = left.pop();
    if (typeof next === 'string') bytes += 2 + countTextBytes(next, most);
    else if (typeof next !== 'object' || next === null) bytes += JSON.stringify(next)?.length ?? 0;
    else bytes += 2 + countMembers(next, left);
  }
  return bytes;
}

/** Bytes of names, colons and commas; what they name is put on `left`. */
function countMembers(value: object, left: unknown[]): number {
  let bytes = 0;
  for (const [name, member] of Object.entries(value)) {
    bytes += Array.isArray(value) ? 1 : 4 + countTextBytes(name);
    left.push(member);
  }
  return bytes;
}

/** The first of `items` that together take at most `most` bytes of JSON. */
export function takeFirst<Item>(items: readonly Item[], most: number): readonly Item[] {
  let bytes = 2;
  const end = items.findIndex((item) => {
    bytes += countJsonBytes(item, most) + 1;
    return bytes > most;
  });
  return end < 0 ? items : items.slice(0, end);
}

/** A title may be a line of any length; ten of them are one answer of a search. */
export function shortenTitle(title: string): string {
  // through bytes, since a slice would keep all of it in memory
  return title.length > 300 ? `${Buffer.from(title.slice(0, 299)).toString()}…` : title;
}
