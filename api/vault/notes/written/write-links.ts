// A note or canvas with other paths in some of its links; every other byte stays as it was.
import type { Place } from './places.ts';
import type { WrittenLink } from './text-links.ts';
import { encodePart, type QuotedValue } from './values.ts';

/** The path that is to stand in a link: as WrittenLink.path. */
export interface LinkChange {
  link: WrittenLink;
  path: string;
}

interface Edit extends Place {
  text: string;
}

/** `changes` are of links that were found in `source`. */
export function writeLinks(source: string, changes: readonly LinkChange[]): string {
  const byValue = Map.groupBy(changes, ({ link }) => link.within?.value);
  const edits = [...byValue].flatMap(([value, group]) =>
    value === undefined ? group.map(editPlain) : editValue(value, group),
  );
  return applyEdits(source, edits);
}

const editPlain = ({ link: { start, end }, path }: LinkChange): Edit => ({ start, end, text: path });

function editValue(value: QuotedValue, changes: readonly LinkChange[]): Edit[] {
  const edits = changes.flatMap(({ link: { start, end }, path }) => {
    const text = encodePart(path, value.quote);
    return text === undefined ? [] : [{ start, end, text }];
  });
  if (edits.length === changes.length) {
    return edits;
  }
  // A plain value that can't hold it becomes a quoted one.
  const parts = changes.flatMap(({ link: { within }, path }) =>
    within === undefined ? [] : [{ start: within.start, end: within.end, text: path }],
  );
  return [{ start: value.start, end: value.end, text: JSON.stringify(applyEdits(value.text, parts)) }];
}

function applyEdits(source: string, edits: Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text } of edits.sort((a, b) => a.start - b.start)) {
    parts.push(source.slice(at, start), text);
    at = end;
  }
  parts.push(source.slice(at));
  return parts.join('');
}
