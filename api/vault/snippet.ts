// The few words around a match that a search result shows.

const width = 200;
/** Enough to find where the query's words stand together; a long note is not searched to its end for a snippet. */
const mostMatches = 40;

/**
 * About 200 characters of `text` on one line, around the place where most of `words` stand; else its beginning.
 * `words` hold letters, digits and marks only, as `parseSearchQuery` gives them.
 */
export function createSnippet(text: string, words: string[]): string {
  const start = findBestStart(text, words);
  let from = start;
  if (start > 0) {
    const space = text.indexOf(' ', start);
    from = space >= 0 && space < start + 20 ? space + 1 : start;
  }
  const piece = text.slice(from, from + width + 20);
  const shown = piece.length <= width ? piece : piece.slice(0, cutAt(piece));
  const line = shown.toWellFormed().replace(/\s+/g, ' ').trim();
  return `${from > 0 ? '…' : ''}${line}${from + shown.length < text.length ? '…' : ''}`;
}

function cutAt(piece: string): number {
  const space = piece.lastIndexOf(' ', width);
  return space > width - 40 ? space : width;
}

function findBestStart(text: string, words: string[]): number {
  const places = findPlaces(text, words);
  let best = { start: 0, found: 0 };
  for (const [index, place] of places.entries()) {
    const found = new Set<string>();
    for (let next = index; next < places.length; next += 1) {
      const other = places[next];
      if (other === undefined || other.at > place.at + width - 40) {
        break;
      }
      found.add(other.word);
    }
    if (found.size > best.found) {
      best = { start: Math.max(0, place.at - 40), found: found.size };
    }
  }
  return best.start;
}

function findPlaces(text: string, words: string[]): Array<{ at: number; word: string }> {
  if (words.length === 0) {
    return [];
  }
  const pattern = new RegExp(words.join('|'), 'giu');
  const places: Array<{ at: number; word: string }> = [];
  for (const match of text.matchAll(pattern)) {
    places.push({ at: match.index, word: match[0].toLowerCase() });
    if (places.length === mostMatches) {
      break;
    }
  }
  return places;
}
