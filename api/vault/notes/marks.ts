// The headings, links and tags in the text of a note.
import { posix } from 'node:path';
import { normalizeText } from '../unicode.ts';
import { linesOutsideCode, readHeading } from './lines.ts';
import { withoutExtension } from './name.ts';

export interface Marks {
  headings: string[];
  /** Without the `#`. */
  tags: Set<string>;
  /** Vault paths without extension: exact ones start with `/`, others may be the end of a path (`[[Name]]`). */
  links: Set<string>;
}

/** Of each kind, as first met: far more than a note has that somebody reads. A link is looked up at every fetch. */
const mostMarks = 20_000;
/** Characters. No path in a vault (path.ts) is longer. */
const longestLink = 4096;

// A code span (to step over), a wiki link, the target of a Markdown link, a tag. What may stand inside each leaves out
// the sign that opens it, so that no part of a line is gone through again for every such sign in it.
const mark =
  /`[^`]+`|\[\[([^[\]]+)\]\]|\]\((<[^<>]+>|[^()\s]+)\)|(?<=^|\s)#([\p{L}\p{N}_][\p{L}\p{M}\p{N}_/-]*)/gu;
const wikiLink = /\[\[([^[\]]+)\]\]/g;

/** `id` is of the note that `text` is of: Markdown links start in its folder. */
export function readMarks(text: string, id: string): Marks {
  const marks: Marks = { headings: [], tags: new Set(), links: new Set() };
  for (const { text: line } of linesOutsideCode(text, 0)) {
    const heading = readHeading(line);
    if (heading === undefined) {
      readLine(line, id, marks);
    } else if (heading.title !== '' && marks.headings.length < mostMarks) {
      marks.headings.push(heading.title);
      for (const [, target = ''] of heading.title.matchAll(wikiLink)) {
        addLink(marks, wikiTarget(target));
      }
    }
  }
  return marks;
}

function readLine(line: string, id: string, marks: Marks): void {
  for (const [, wiki, path, tag] of line.matchAll(mark)) {
    if (wiki !== undefined) {
      addLink(marks, wikiTarget(wiki));
    } else if (path !== undefined) {
      addLink(marks, markdownTarget(path, id));
    } else if (tag !== undefined && marks.tags.size < mostMarks && /\D/.test(tag)) {
      marks.tags.add(tag);
    }
  }
}

function addLink({ links }: Marks, target: string | undefined): void {
  if (target !== undefined && links.size < mostMarks && target.length <= longestLink) {
    links.add(normalizeText(target, 'NFC'));
  }
}

function wikiTarget(link: string): string {
  const end = link.search(/[#|^]/);
  return withoutExtension((end < 0 ? link : link.slice(0, end)).trim());
}

function markdownTarget(link: string, id: string): string | undefined {
  const [path = ''] = (link.startsWith('<') ? link.slice(1, -1) : link).split('#', 1);
  const isNote = path.length <= longestLink && withoutExtension(path) !== path;
  if (!isNote || /^[a-z][a-z0-9+.-]*:/i.test(path)) {
    return undefined;
  }
  try {
    return withoutExtension(posix.join('/', posix.dirname(id), decodeURIComponent(path)));
  } catch {
    return undefined;
  }
}
