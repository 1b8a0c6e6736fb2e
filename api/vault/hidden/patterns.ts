// The setting API_HIDDEN: paths and patterns below the vault, what may stand in them, and what they hide.
// Not by a library: those make regular expressions of patterns, which are slow for some names (`*a*a*a*`), and a client
// chooses the paths that are asked for. Here a path takes time in proportion to its length and the pattern's.
import { foldName } from '../notes/name.ts';

/** The names of one pattern from the top down, folded; `**` stands for any number of names. */
export type HiddenPattern = readonly string[];

const anyNames = '**';
// In other tools these stand for sets, choices, exceptions and quoting: taken as they are they would hide nothing.
const refused = /[[\]{}\\]|^!/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
const control = /[\u0000-\u001f\u007f]/;

/**
 * The patterns of a list with commas between them, `undefined` for each one that is none: `Private`, `Work/*.draft.md`,
 * with `*` and `?` for characters of one name, and `**` for any number of folders.
 */
export function parseHiddenPatterns(list: string): Array<HiddenPattern | undefined> {
  const patterns = list.split(',').map((pattern) => pattern.trim());
  return patterns.filter((pattern) => pattern !== '').map(parseHiddenPattern);
}

function parseHiddenPattern(text: string): HiddenPattern | undefined {
  const names = foldName(text).split('/');
  // A slash before or after it is how many write a folder.
  const inner = names.slice(names[0] === '' ? 1 : 0, names.at(-1) === '' ? -1 : undefined);
  const isPattern =
    inner.length > 0 && inner.every(isNamePattern) && !refused.test(text) && !control.test(text);
  return isPattern ? inner : undefined;
}

function isNamePattern(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && (name === anyNames || !name.includes(anyNames));
}

/** True where the pattern fits the path, or a folder that it lies in. `path` is a vault path, folded. */
export function isHiddenBy(pattern: HiddenPattern, path: string): boolean {
  let places = skipAnyNames(pattern, [0]);
  for (const name of path.split('/')) {
    const next = places.flatMap((place) => step(pattern, place, name));
    places = skipAnyNames(pattern, [...new Set(next)]);
    if (places.includes(pattern.length)) {
      return true;
    }
  }
  return false;
}

function step(pattern: HiddenPattern, place: number, name: string): number[] {
  const wanted = pattern[place];
  if (wanted === anyNames) {
    return [place];
  }
  return wanted !== undefined && fits(wanted, name) ? [place + 1] : [];
}

function skipAnyNames(pattern: HiddenPattern, places: number[]): number[] {
  const all = new Set(places);
  // What is added while going through is gone through too.
  for (const place of all) {
    if (pattern[place] === anyNames) {
      all.add(place + 1);
    }
  }
  return [...all];
}

/** Only the last `*` is ever tried again: what came before it was matched as early as can be. */
function fits(pattern: string, name: string): boolean {
  const wanted = Array.from(pattern);
  const given = Array.from(name);
  let at = 0;
  let star = -1;
  let starAt = 0;
  for (let index = 0; index < given.length; ) {
    if (wanted[at] === '*') {
      star = at;
      starAt = index;
      at += 1;
    } else if (wanted[at] === '?' || (wanted[at] !== undefined && wanted[at] === given[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      starAt += 1;
      index = starAt;
      at = star + 1;
    } else {
      return false;
    }
  }
  return wanted.slice(at).every((character) => character === '*');
}
