// What one note says: title, headings, tags, aliases, links, front matter and text, from the bytes of its file.
// The room: what one note is, from its path to its dates. Not words for searching: search/; not changes: writing/.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Steps } from '../pace/steps.ts';
import { findFrontMatterBlock, parseFrontMatter } from './front-matter.ts';
import type { InlineField } from './markdown/fields.ts';
import type { NoteLink } from './markdown/link-target.ts';
import { readMarks, readPropertyLinks } from './marks.ts';
import { foldName, nameOf } from './name.ts';
import { showText } from './parts/shown-text.ts';

export interface NoteContent {
  title: string;
  frontMatter: Record<string, unknown>;
  /** The note without its front matter. */
  text: string;
  aliases: string[];
  headings: string[];
  /** Without the `#`, as first written. */
  tags: string[];
  /** Of the front matter, then of the text; each target once. */
  links: NoteLink[];
  /** Those written into the text (`key:: value`). */
  fields: InlineField[];
  warnings: string[];
}

/** Characters of a title: it stands in every list that its note is in. */
const longestTitle = 1000;
/** Characters: nobody could ask for a longer tag (api/tools/scan.ts). */
const longestTag = 200;
/** Far more than a note has that somebody reads. They stand in every scan. */
const mostTags = 1000;

/** Bytes. A larger note is listed and not read: one answer could not hold it anyway. */
export const largestNote = 5 * 1024 * 1024;

/** The same bytes have the same revision; 22 characters, so that a scan of a whole vault stays short. */
export function createRevision(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}

export function* parseNoteContent(id: string, bytes: Buffer): Steps<NoteContent> {
  if (bytes.includes(0)) {
    return createEmptyContent(id, 'This file is not text, so it is not shown.');
  }
  const whole = bytes.toString('utf8');
  const { fields, textStart, warning } = parseFrontMatter(whole);
  const text = textStart === 0 ? whole : whole.slice(textStart);
  const marks = yield* readMarks(text, id);
  const warnings = warning === undefined ? [] : [warning];
  // Front matter that can't be read is shown as text, and opens the note no more than any other.
  const heading = warning === undefined ? marks.title : yield* readTitleBelow(whole, id);
  if (!isUtf8(bytes)) {
    warnings.push('The file is not UTF-8: characters that can not be read are shown as \ufffd.');
  }
  return {
    title: cut(readTitle(fields) || showText(heading ?? '') || nameOf(id)),
    frontMatter: fields,
    text,
    aliases: readAliases(fields),
    headings: marks.headings,
    tags: uniqueTags([...readList(listValues(fields, tagField), /[\s,]+/), ...marks.tags]),
    links: joinLinks(readPropertyLinks(fields, id), marks.links),
    fields: marks.fields,
    warnings,
  };
}

/** A plain value of front matter, as text. */
function readTitle(fields: Record<string, unknown>): string {
  const named = Object.keys(fields).find((field) => titleField.test(field));
  const value = named === undefined ? null : fields[named];
  return value === null || typeof value === 'object' ? '' : String(value).trim();
}

function* readTitleBelow(whole: string, id: string): Steps<string | undefined> {
  const start = findFrontMatterBlock(whole)?.textStart ?? 0;
  return (yield* readMarks(whole.slice(start), id)).title;
}

// Obsidian takes `Tags` for `tags`.
const titleField = /^title$/i;
const tagField = /^tags?$/i;
const aliasField = /^alias(?:es)?$/i;

/** Of all fields of such a name; the value of a list one by one. */
function listValues(fields: Record<string, unknown>, name: RegExp): unknown[] {
  return Object.keys(fields).flatMap((field) => (name.test(field) ? fields[field] : []));
}

function joinLinks(first: NoteLink[], second: NoteLink[]): NoteLink[] {
  const known = new Set(first.map(({ target }) => target));
  return first.length === 0 ? second : [...first, ...second.filter(({ target }) => !known.has(target))];
}

/** What is known of a note whose text is not read. */
export function createEmptyContent(id: string, warning: string): NoteContent {
  return {
    title: nameOf(id),
    frontMatter: {},
    text: '',
    aliases: [],
    headings: [],
    tags: [],
    links: [],
    fields: [],
    warnings: [warning],
  };
}

/** Other names of a note, as its front matter gives them. */
export function readAliases(fields: Record<string, unknown>): string[] {
  return readList(listValues(fields, aliasField));
}

function readList(list: readonly unknown[], separator = /,/): string[] {
  return list
    .flatMap((entry) => (typeof entry === 'string' ? entry.split(separator) : [entry]))
    .filter((entry) => typeof entry === 'string' || typeof entry === 'number')
    .map((entry) => String(entry).trim())
    .filter((entry) => entry !== '');
}

/** As many as a note may have, each once whatever its case, as first written. */
export function uniqueTags(tags: string[]): string[] {
  const byKey = new Map<string, string>();
  for (const tag of tags) {
    const plain = trimTag(tag);
    const key = foldName(plain);
    if (plain !== '' && !byKey.has(key) && byKey.size < mostTags) {
      byKey.set(key, plain);
    }
  }
  return [...byKey.values()];
}

// No pattern for its end: one would be tried from every slash of a run that is not the last thing in the tag.
function trimTag(tag: string): string {
  const start = /^#*/.exec(tag)?.[0].length ?? 0;
  let end = tag.length;
  while (end > start && tag.endsWith('/', end)) {
    end -= 1;
  }
  return end - start > longestTag ? '' : tag.slice(start, end);
}

function cut(title: string): string {
  return title.length > longestTitle ? title.slice(0, longestTitle).toWellFormed() : title;
}
