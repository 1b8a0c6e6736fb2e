// What the text of a note says of it: headings, links, tags and fields.

import { Pauses, type Steps, takeAtOnce } from '../pace/steps.ts';
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
export function* readMarks(text: string, id: string): Steps<Marks> {
  const first = new MarkReader(id, new Map());
  const definitions = yield* first.readText(text);
  if (definitions.size === 0) {
    return first.finish();
  }
  // What a link by reference leads to may stand below it: such notes are gone through twice, the few that they are.
  const second = new MarkReader(id, definitions);
  yield* second.readText(text);
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

  *readText(text: string): Steps<Definitions> {
    const met: Block[] = [];
    const blocks = readBlocks(text, (block) => met.push(block));
    for (;;) {
      const step = blocks.next();
      for (const block of met.splice(0)) {
        yield* this.#readBlock(block);
      }
      if (step.done) {
        return step.value;
      }
      yield;
    }
  }

  *#readBlock(block: Block): Steps<void> {
    if (block.level > 0) {
      this.#addHeading(block);
      yield* readInlines(block.text, this.#definitions, this.#inlines);
      return;
    }
    readFieldLines(block.text, this.#inlines.onField);
    const pauses = new Pauses();
    for (const part of splitTable(block.text)) {
      yield* readInlines(part.text, this.#definitions, this.#inlines);
      if (pauses.isDue(part.start)) {
        yield;
      }
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
    takeAtOnce(readInlines(text, new Map(), inlines));
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
