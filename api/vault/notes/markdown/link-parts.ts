// The parts that links are made of (CommonMark, section 6.3): labels, destinations, titles.
import { decodeNamedCharacterReference } from 'decode-named-character-reference';

interface Part {
  value: string;
  /** After it. */
  end: number;
}

/** CommonMark's own bound, brackets aside. */
const longestLabel = 999;
/** More levels of brackets in a destination than anybody writes, as cmark has it. */
const deepestBrackets = 32;

const spaces = /[ \t\n]*/y;
const angled = /<((?:[^<>\n\\]|\\.)*)>/y;
const label = /\[((?:[^[\]\\]|\\[\s\S])*)\]/y;
const titles: Record<string, RegExp> = {
  '"': /"(?:[^"\\]|\\[\s\S])*"/y,
  "'": /'(?:[^'\\]|\\[\s\S])*'/y,
  '(': /\((?:[^()\\]|\\[\s\S])*\)/y,
};
const escaped = /[!-/:-@[-`{-~]/;

/** After the spaces at `at`, a line ending among them. */
export const skipSpaces = (text: string, at: number): number => endOf(spaces, text, at);

/** The label with its brackets that stands at `at`. */
export function readLabel(text: string, at: number): Part | undefined {
  // Its bound first: a bracket that is never closed would be looked for from every other to the end of the text.
  const near = text.slice(at, at + longestLabel + 2);
  label.lastIndex = 0;
  const found = label.exec(near);
  return found === null ? undefined : { value: found[1] ?? '', end: at + found[0].length };
}

/** A key under which labels meet that mean the same; undefined where it is none. */
export function keyOfLabel(text: string): string | undefined {
  if (text.length > longestLabel) {
    return undefined;
  }
  const key = text.trim().replace(/\s+/g, ' ').toLowerCase().toUpperCase();
  return key === '' ? undefined : key;
}

export function readDestination(text: string, at: number): Part | undefined {
  if (text.charAt(at) !== '<') {
    const end = findPlainEnd(text, at);
    return end < 0 ? undefined : { value: unescapeText(text.slice(at, end)), end };
  }
  angled.lastIndex = at;
  const found = angled.exec(text);
  return found === null ? undefined : { value: unescapeText(found[1] ?? ''), end: angled.lastIndex };
}

const [open, close, backslash, space, del] = [40, 41, 92, 32, 127];

// Without spaces and control characters, its own brackets in pairs.
function findPlainEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; ; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === backslash && escaped.test(text.charAt(at + 1))) {
      at += 1;
      continue;
    }
    const next = depth + changeOfDepth(sign);
    if (!(sign > space) || sign === del || next < 0 || next > deepestBrackets) {
      return depth === 0 ? at : -1;
    }
    depth = next;
  }
}

function changeOfDepth(sign: number): number {
  if (sign === open) {
    return 1;
  }
  return sign === close ? -1 : 0;
}

/** Where the title ends that stands at `at`; -1 where none does. */
export function findTitleEnd(text: string, at: number): number {
  const pattern = titles[text.charAt(at)];
  return pattern === undefined ? -1 : endOf(pattern, text, at);
}

/** Without percent-encoding; as it is where that is not valid. */
export function decodeDestination(destination: string): string {
  try {
    return decodeURIComponent(destination);
  } catch {
    return destination;
  }
}

/** Without backslashes and character references (CommonMark, sections 2.4 and 2.5). */
export function unescapeText(text: string): string {
  return text.replace(
    /\\([!-/:-@[-`{-~])|&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});/g,
    (whole, sign?: string, reference = '') => sign ?? (readCharacter(String(reference)) || whole),
  );
}

function readCharacter(reference: string): string {
  if (!reference.startsWith('#')) {
    return decodeNamedCharacterReference(reference) || '';
  }
  const code = /^#x/i.test(reference) ? Number.parseInt(reference.slice(2), 16) : Number(reference.slice(1));
  return code === 0 || code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}
