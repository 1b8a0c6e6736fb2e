// The few words around a match that a search result shows.

const width = 200;
/** Of each word: enough to find where the query's words stand together; a long note is not searched to its end for a snippet. */
const mostMatches = 40;

/**
 * About 200 characters of `text` on one line, around the place where most of `words` stand; else its beginning.
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
  // A few letters of the world grow in lower case (İ): the snippet then starts a little late, which nobody sees.
  const folded = text.toLowerCase();
  const places = new Set(words.map((word) => word.toLowerCase()))
    .values()
    .flatMap((word) => findWord(folded, word));
  return [...places].sort((a, b) => a.at - b.at);
}

function findWord(folded: string, word: string): Array<{ at: number; word: string }> {
  const places: Array<{ at: number; word: string }> = [];
  for (
    let at = folded.indexOf(word);
    at >= 0 && places.length < mostMatches;
    at = folded.indexOf(word, at + 1)
  ) {
    places.push({ at, word });
  }
  return places;
}
