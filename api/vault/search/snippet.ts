// The few words around a match that a search result shows.

const width = 200;
/** Two words so far apart are shown together. */
const sight = width - 40;
/** Of all words together: a long note full of one word is not gone through to its end for a snippet. */
const mostMatches = 500;
/** Each is looked for at every character. */
const mostWords = 12;
/** All but a single space, of which a text has most. */
const spaces = /[^\S ]\s*| \s+/g;

/**
 * Of each text about 200 characters on one line, around the place where most of `words` stand; else its beginning.
 */
export function createSnippetMaker(words: readonly string[]): (text: string) => string {
  const wanted = new Set(words.slice(0, mostWords).map((word) => word.toLowerCase()));
  const pattern = matchAny(wanted);
  return (text) => cutAround(text, findBestStart(text, wanted, pattern));
}

function cutAround(text: string, start: number): string {
  let from = start;
  if (start > 0) {
    const next = text.indexOf(' ', start);
    from = next >= 0 && next < start + 20 ? next + 1 : start;
  }
  const piece = text.slice(from, from + width + 20);
  const shown = piece.length <= width ? piece : piece.slice(0, cutAt(piece));
  const line = shown.toWellFormed().replace(spaces, ' ').trim();
  return `${from > 0 ? '…' : ''}${line}${from + shown.length < text.length ? '…' : ''}`;
}

function cutAt(piece: string): number {
  const space = piece.lastIndexOf(' ', width);
  return space > width - 40 ? space : width;
}

// Where most different words stand within sight of each other; with all of them there, nothing is better.
function findBestStart(text: string, wanted: ReadonlySet<string>, pattern: RegExp): number {
  const lastPlaces = new Map<string, number>();
  let best = { start: 0, found: 0 };
  for (const { 0: word, index } of text.matchAll(pattern).take(mostMatches)) {
    lastPlaces.set(word.toLowerCase(), index);
    const inSight = [...lastPlaces.values()].filter((place) => place >= index - sight);
    if (inSight.length > best.found) {
      best = { start: Math.max(0, Math.min(...inSight) - 40), found: inSight.length };
    }
    if (inSight.length === wanted.size) break;
  }
  return best.start;
}

function matchAny(words: ReadonlySet<string>): RegExp {
  // the longest first: a word that begins like another one is found as itself
  const longestFirst = [...words].sort((one, other) => other.length - one.length);
  return new RegExp(longestFirst.map(RegExp.escape).join('|'), 'giu');
}
