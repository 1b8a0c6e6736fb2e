// What the text of a note says of it: headings, links, tags and fields.

import { type InlineField, readFieldLines } from './markdown/fields.ts';
import { type Inlines, readInlines } from './markdown/inlines.ts';
import { type NoteLink, readDestinationTarget, readWikiTarget } from './markdown/link-target.ts';
import type { Block, Definitions } from './markdown/paragraph.ts';
import { splitTable } from './markdown/tables.ts';
import { readBlocks } from './parts/text-blocks.ts';
import { listTexts } from './properties.ts';

export interface Marks {
  /** The heading of the first level that the text begins with. */
  title: string | undefined;
  headings: string[];
  /** Without the `#`. */
  tags: Set<string>;
  links: NoteLink[];
  /** Those written into the text (`key:: value`). */
  fields: InlineField[];
}

/** Of each kind, as first met: far more than a note has that somebody reads. A link is looked up at every fetch. */
const mostMarks = 20_000;

/** `id` is of the note that `text` is of: links may start in its folder. */
export function readMarks(text: string, id: string): Marks {
  const first = new MarkReader(id, new Map());
  const definitions = readBlocks(text, (block) => first.readBlock(block));
  if (definitions.size === 0) {
    return first.finish();
  }
  // What a link by reference leads to may stand below it: such notes are gone through twice, the few that they are.
  const second = new MarkReader(id, definitions);
  readBlocks(text, (block) => second.readBlock(block));
  return second.finish();
}

class MarkReader {
  readonly #definitions: Definitions;
  readonly #links = new Map<string, NoteLink>();
  readonly #marks: Marks = { title: undefined, headings: [], tags: new Set(), links: [], fields: [] };
  readonly #inlines: Inlines;

  constructor(id: string, definitions: Definitions) {
    const { tags, fields } = this.#marks;
    this.#definitions = definitions;
    this.#inlines = {
      ...collectLinks(id, this.#links),
      onTag: (tag) => tags.size < mostMarks && tags.add(tag),
      onField: (field) => fields.length < mostMarks && fields.push(field),
    };
  }

  finish(): Marks {
    return { ...this.#marks, links: [...this.#links.values()] };
  }

  readBlock(block: Block): void {
    if (block.level > 0) {
      this.#addHeading(block);
      readInlines(block.text, this.#definitions, this.#inlines);
      return;
    }
    readFieldLines(block.text, this.#inlines.onField);
    for (const part of splitTable(block.text)) {
      readInlines(part.text, this.#definitions, this.#inlines);
    }
  }

  #addHeading({ text, level, isAtTop, isFirst }: Block): void {
    if (isAtTop && this.#marks.headings.length < mostMarks) {
      this.#marks.headings.push(text);
    }
    if (isAtTop && isFirst && level === 1) {
      this.#marks.title = text;
    }
  }
}

/** The links in the values of front matter, at any depth. */
export function readPropertyLinks(frontMatter: Record<string, unknown>, id: string): NoteLink[] {
  const links = new Map<string, NoteLink>();
  const inlines = { ...collectLinks(id, links), onTag: () => {}, onField: () => {} };
  for (const text of listTexts(frontMatter)) {
    readInlines(text, new Map(), inlines);
  }
  return [...links.values()];
}

function collectLinks(
  id: string,
  links: Map<string, NoteLink>,
): Pick<Inlines, 'onWikiLink' | 'onDestination'> {
  const add = (link: NoteLink | undefined): void => {
    if (link !== undefined && links.size < mostMarks && !links.has(link.target)) {
      links.set(link.target, link);
    }
  };
  return {
    onWikiLink: (target) => add(readWikiTarget(target, id)),
    onDestination: (destination) => add(readDestinationTarget(destination, id)),
  };
}
