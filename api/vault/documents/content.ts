// What a file says, whatever kind it is of: in the shape of a note, so that it is searched, linked and read as one.
// The room: files of the vault that are not notes, from their kind to their text. Not notes: notes/; not the index:
// index/.
import { createEmptyContent, type NoteContent, parseNoteContent, uniqueTags } from '../notes/content.ts';
import { readMarks } from '../notes/marks.ts';
import { nameOf } from '../notes/name.ts';
import type { Steps } from '../pace/steps.ts';
import { describeBase } from './base.ts';
import { createExactLink, describeCanvas } from './canvas.ts';
import { type Description, NotDescribable } from './description.ts';
import { kindOf } from './kind.ts';

/** As many as of a note's headings and links (notes/marks.ts). */
const mostMarks = 20_000;

/** Of a note, a canvas or a base. What can't be understood is shown as it is written, with a warning. */
export function* parseContent(id: string, bytes: Buffer): Steps<NoteContent> {
  const kind = kindOf(id);
  if (kind !== 'canvas' && kind !== 'base') {
    return yield* parseNoteContent(id, bytes);
  }
  if (bytes.includes(0)) {
    return createEmptyContent(id, 'This file is not text, so it is not shown.');
  }
  const source = bytes.toString('utf8').replace(/^\ufeff/, '');
  try {
    return yield* createContent(id, kind === 'canvas' ? describeCanvas(source) : describeBase(source), []);
  } catch (error) {
    if (!(error instanceof NotDescribable)) {
      throw error;
    }
    const warning = `The ${kind} is shown as it is written: ${error.message}.`;
    return yield* createContent(id, { text: source, cards: [], files: [] }, [warning]);
  }
}

function* createContent(
  id: string,
  { text, cards, files }: Description,
  warnings: string[],
): Steps<NoteContent> {
  const headings = new Set<string>();
  const exact = files.map(createExactLink).filter((link) => link !== undefined);
  const links = new Map(exact.map((link) => [link.target, link]));
  const tags = new Set<string>();
  for (const card of cards) {
    const marks = yield* readMarks(card, id);
    addAll(headings, marks.headings);
    addAll(tags, marks.tags);
    for (const link of marks.links) {
      links.set(link.target, link);
    }
  }
  return {
    title: nameOf(id),
    frontMatter: {},
    text,
    aliases: [],
    headings: [...headings].slice(0, mostMarks),
    tags: uniqueTags([...tags]),
    links: [...links.values()].slice(0, mostMarks),
    fields: [],
    warnings,
  };
}

function addAll(set: Set<string>, values: Iterable<string>): void {
  for (const value of values) {
    set.add(value);
  }
}
