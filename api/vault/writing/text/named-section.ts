// The one section of a note that a heading means: several are told apart, or named to whoever asked.
import { EditRefused } from '../../errors.ts';
import { listSome } from '../../naming/list-some.ts';
import {
  divider,
  findHeadings,
  type Heading,
  nearestFirst,
  pathOf,
  readHeadings,
} from '../../notes/parts/headings.ts';
import type { Steps } from '../../pace/steps.ts';

/** Characters of a title that is shown to a caller. */
const longestShown = 200;

/**
 * The section that `heading` names: a title, a path such as `Engine#Log`, or a title with its `##` marks; `from` is where
 * the text of the note starts. Throws EditRefused where none or several are meant.
 */
export function* findSection(note: string, from: number, heading: string): Steps<Heading> {
  const [, marks = '', title = ''] = /^\s*(?:(#{1,6})[ \t]+|#*)(.*)$/s.exec(heading) ?? [];
  const headings = yield* readHeadings(note, from);
  const named = findHeadings(headings, title.trim());
  const found = marks === '' ? named : findOfLevel(headings, title.trim(), marks.length);
  const [section] = found;
  if (section === undefined) {
    const titles = new Set(nearestFirst(headings, title).map((one) => shorten(one.title)));
    const has = titles.size === 0 ? 'It has no headings.' : `It has ${listSome([...titles])}.`;
    throw new EditRefused(`There is no heading ${JSON.stringify(shorten(heading))} in this note. ${has}`);
  }
  if (found.length > 1) {
    throw new EditRefused(describeAmbiguity(heading, found));
  }
  return section;
}

/** Of several, the one that is in no other section: it has no longer path. */
function findOfLevel(headings: readonly Heading[], title: string, level: number): readonly Heading[] {
  const found = findHeadings(
    headings.filter((one) => one.level === level),
    title,
  );
  const outer = found.filter(({ parent }) => parent === undefined);
  return outer.length === 1 ? outer : found;
}

function describeAmbiguity(heading: string, found: readonly Heading[]): string {
  const paths = found.map((one) =>
    pathOf(one)
      .map(({ title }) => shorten(title))
      .join(divider),
  );
  const names = found.map(({ parent, level, title }, index) =>
    parent === undefined ? `${'#'.repeat(level)} ${shorten(title)}` : (paths[index] ?? ''),
  );
  const levels = found.map(({ level, title }) => `${'#'.repeat(level)} ${shorten(title)}`);
  const many = `${found.length} headings of this note are ${JSON.stringify(shorten(heading))}`;
  const told = [names, levels].find((some) => new Set(some).size === some.length);
  return told === undefined
    ? `${many}, and their paths are the same: change what stands below one with find and replace, or with block.`
    : `${many}: give one of ${listSome(told)}.`;
}

const shorten = (title: string): string =>
  title.length > longestShown ? `${title.slice(0, longestShown)}…` : title;
