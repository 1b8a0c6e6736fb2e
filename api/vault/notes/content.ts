// What one note says: title, headings, tags, aliases, links, front matter and text, from the bytes of its file.
// The room: what one note is, from its path to its dates. Not words for searching: search/; not changes: writing/.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { parseFrontMatter } from './front-matter.ts';
import { nameOf, withoutExtension } from './name.ts';

export interface NoteContent {
  title: string;
  frontMatter: Record<string, unknown>;
  /** The note without its front matter. */
  text: string;
  aliases: string[];
  headings: string[];
  /** Without the `#`, as first written. */
  tags: string[];
  /** Vault paths without extension: exact ones start with `/`, others may be the end of a path (`[[Name]]`). */
  links: string[];
  warnings: string[];
}

/** Bytes. A larger note is listed and not read: one answer could not hold it anyway. */
export const largestNote = 5 * 1024 * 1024;

/** The same bytes have the same revision; 22 characters, so that a scan of a whole vault stays short. */
export function createRevision(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}

export function parseNoteContent(id: string, bytes: Buffer): NoteContent {
  if (bytes.includes(0)) {
    return createEmptyContent(id, 'This file is not text, so it is not shown.');
  }
  const whole = bytes.toString('utf8');
  const { fields, textStart, warning } = parseFrontMatter(whole);
  const text = textStart === 0 ? whole : whole.slice(textStart);
  const marks = readMarks(text, id);
  const warnings = warning === undefined ? [] : [warning];
  if (!isUtf8(bytes)) {
    warnings.push('The file is not UTF-8: characters that can not be read are shown as \ufffd.');
  }
  const title = typeof fields['title'] === 'string' ? fields['title'].trim() : '';
  return {
    title: title || marks.firstHeading || nameOf(id),
    frontMatter: fields,
    text,
    aliases: readList(fields['aliases'] ?? fields['alias']),
    headings: marks.headings,
    tags: uniqueTags([...readList(fields['tags'] ?? fields['tag'], /[\s,]+/), ...marks.tags]),
    links: [...new Set(marks.links)],
    warnings,
  };
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
    warnings: [warning],
  };
}

function readList(value: unknown, separator = /,/): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list
    .flatMap((entry) => (typeof entry === 'string' ? entry.split(separator) : [entry]))
    .filter((entry) => typeof entry === 'string' || typeof entry === 'number')
    .map((entry) => String(entry).trim())
    .filter((entry) => entry !== '');
}

function uniqueTags(tags: string[]): string[] {
  const byKey = new Map<string, string>();
  for (const tag of tags) {
    const plain = tag.replace(/^#+|\/+$/g, '');
    const key = plain.normalize('NFC').toLowerCase();
    if (plain !== '' && !byKey.has(key)) {
      byKey.set(key, plain);
    }
  }
  return [...byKey.values()];
}

// One pass over the text: a fence, a heading, a code span (to step over), a wiki link, a Markdown link, a tag.
const mark =
  /^ {0,3}(?<fence>```+|~~~+)|^ {0,3}#{1,6}[ \t]+(?<heading>\S.*)$|`[^`\n]+`|\[\[(?<wiki>[^[\]\n]+)\]\]|\]\((?<path><[^>\n]+>|[^)\s]+\.(?:md|markdown)(?:#[^)\s]*)?)\)|(?<=^|\s)#(?<tag>[\p{L}\p{N}_][\p{L}\p{M}\p{N}_/-]*)/gimu;

interface Marks {
  firstHeading: string;
  headings: string[];
  tags: string[];
  links: string[];
}

function readMarks(text: string, id: string): Marks {
  const marks: Marks = { firstHeading: '', headings: [], tags: [], links: [] };
  let fence = '';
  for (const { groups = {} } of text.matchAll(mark)) {
    if (groups['fence'] !== undefined) {
      fence = nextFence(fence, groups['fence']);
    } else if (fence === '') {
      addMark(marks, groups, id);
    }
  }
  marks.firstHeading = marks.headings[0] ?? '';
  return marks;
}

function nextFence(open: string, met: string): string {
  if (open === '') {
    return met;
  }
  return met.startsWith(open) ? '' : open;
}

function addMark(marks: Marks, groups: Record<string, string | undefined>, id: string): void {
  const { heading, wiki, path, tag } = groups;
  if (heading !== undefined) {
    marks.headings.push(heading.replace(/[ \t]+#+[ \t]*$/, '').trim());
    marks.links.push(
      ...Array.from(heading.matchAll(/\[\[([^[\]]+)\]\]/g), ([, target]) => wikiTarget(target)),
    );
  } else if (wiki !== undefined) {
    marks.links.push(wikiTarget(wiki));
  } else if (path !== undefined) {
    marks.links.push(...markdownTarget(path, id));
  } else if (tag !== undefined && /\D/.test(tag)) {
    marks.tags.push(tag);
  }
}

function wikiTarget(link: string | undefined): string {
  const target = (link ?? '').split(/[#|^]/, 1)[0] ?? '';
  return withoutExtension(target.trim()).normalize('NFC');
}

function markdownTarget(link: string, id: string): string[] {
  const plain = link.replace(/^<|>$/g, '').split('#', 1)[0] ?? '';
  if (/^[a-z][a-z0-9+.-]*:/i.test(plain)) {
    return [];
  }
  try {
    const path = posix.join('/', posix.dirname(id), decodeURIComponent(plain));
    return [withoutExtension(path).normalize('NFC')];
  } catch {
    return [];
  }
}
