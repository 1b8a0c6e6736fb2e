// What the text of a note says of it: headings, links, tags and fields.
import { type Block, readBlocks } from './markdown/blocks.ts';
import type { Definitions } from './markdown/definitions.ts';
import { type InlineField, readFieldLines } from './markdown/fields.ts';
import { type Inlines, readInlines } from './markdown/inlines.ts';
import { type NoteLink, readDestinationTarget, readWikiTarget } from './markdown/link-target.ts';
import { splitTable } from './markdown/tables.ts';
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
  const { blocks, definitions } = readBlocks(text);
  const links = new Map<string, NoteLink>();
  const tags = new Set<string>();
  const fields: InlineField[] = [];
  const inlines: Inlines = {
    ...collectLinks(id, links),
    onTag: (tag) => tags.size < mostMarks && tags.add(tag),
    onField: (field) => fields.length < mostMarks && fields.push(field),
  };
  for (const block of blocks) {
    readBlock(block, definitions, inlines);
  }
  const headings = blocks.filter(({ level, isAtTop }) => level > 0 && isAtTop);
  const title = headings.find(({ level, isFirst }) => level === 1 && isFirst)?.text;
  return {
    title,
    headings: headings.slice(0, mostMarks).map((one) => one.text),
    tags,
    links: [...links.values()],
    fields,
  };
}

function readBlock({ text, level }: Block, definitions: Definitions, inlines: Inlines): void {
  if (level > 0) {
    readInlines(text, definitions, inlines);
    return;
  }
  readFieldLines(text).forEach(inlines.onField);
  for (const part of splitTable(text)) {
    readInlines(part, definitions, inlines);
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
