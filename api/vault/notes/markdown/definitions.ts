// Link reference definitions (CommonMark, section 4.7): `[label]: destination "title"`.
import { findTitleEnd, keyOfLabel, readDestination, readLabel, skipSpaces } from './link-parts.ts';

/** Where a link leads, by its label's key (keyOfLabel). The first of a label counts. */
export type Definitions = Map<string, string>;

const mostDefinitions = 20_000;
const restOfLine = /[ \t]*(?:\n|$)/y;

/** Takes the definitions at the beginning of a paragraph; where its text starts after them. */
export function takeDefinitions(paragraph: string, definitions: Definitions): number {
  let at = 0;
  for (
    let found = readDefinition(paragraph, at);
    found !== undefined;
    found = readDefinition(paragraph, at)
  ) {
    if (!definitions.has(found.key) && definitions.size < mostDefinitions) {
      definitions.set(found.key, found.destination);
    }
    at = found.end;
  }
  return at;
}

function readDefinition(
  text: string,
  at: number,
): { key: string; destination: string; end: number } | undefined {
  const label = text.charAt(at) === '[' ? readLabel(text, at) : undefined;
  const key = label && keyOfLabel(label.value);
  // `[^1]:` is a footnote, whose text may hold links of its own.
  if (label === undefined || key === undefined || key.startsWith('^') || text.charAt(label.end) !== ':') {
    return undefined;
  }
  const start = skipSpaces(text, label.end + 1);
  const destination = start < text.length ? readDestination(text, start) : undefined;
  const end = destination === undefined || destination.end === start ? -1 : findEnd(text, destination.end);
  return destination === undefined || end < 0 ? undefined : { key, destination: destination.value, end };
}

// A title has the rest of its line for itself; on a line of its own it may also turn out to be no title.
function findEnd(text: string, destination: number): number {
  const start = skipSpaces(text, destination);
  const title = start > destination ? findTitleEnd(text, start) : -1;
  const end = title < 0 ? -1 : endOfLine(text, title);
  return end < 0 ? endOfLine(text, destination) : end;
}

function endOfLine(text: string, at: number): number {
  restOfLine.lastIndex = at;
  return restOfLine.test(text) ? restOfLine.lastIndex : -1;
}
