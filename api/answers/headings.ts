// The headings of a note, each with an id that names its section; and which section a name behind a `#` means.
import {
  divider,
  findHeadings,
  type Heading,
  headingsAtOnce,
  longestLink,
  nearestFirst,
  pathOf,
  readHeadings,
} from '../vault/notes/parts/headings.ts';
import type { Steps } from '../vault/pace/steps.ts';
import { MissingPart, type Stretch } from './missing-part.ts';
import { countJson, shortenTitle } from './size.ts';

/** One heading, and what fetching its id gives: the section with all that is below it. */
export interface OutlineEntry {
  heading: string;
  level: number;
  /** Of the section, the heading and what is below it included. */
  characters: number;
  id: string;
}

/** What a link can't hold, or this service's own ids end with. */
const unlinkable = /[#|^?[\]\\\s]+/g;

/** The id of a stretch of a note; without an end, of all that follows. */
export function createStretchId(id: string, { from, to }: { from: number; to?: number | undefined }): string {
  return `${id}?from=${from}${to === undefined ? '' : `&to=${to}`}`;
}

export interface Outline {
  entries: OutlineEntry[];
  /** How many headings there are. */
  count: number;
}

/**
 * The headings of `text` within `stretch`, in `most` characters of JSON: all of them, else the upper levels and some of
 * the next from all over the text.
 */
export function* outlineOf(id: string, text: string, stretch: Stretch, most: number): Steps<Outline> {
  const headings = yield* readHeadings(text);
  const describe = createDescriber(id, headings);
  const entries: OutlineEntry[] = [];
  const lengths = new Map<OutlineEntry, number>();
  for (const heading of headings) {
    if (heading.headingStart >= stretch.from && heading.headingStart < stretch.to) {
      const entry = describe(heading);
      entries.push(entry);
      lengths.set(entry, countJson(entry) + 1);
    }
    if (entries.length % headingsAtOnce === 0) yield;
  }
  const fits = (some: readonly OutlineEntry[]): boolean =>
    some.reduce((sum, entry) => sum + (lengths.get(entry) ?? 0), 2) <= most;
  const levels = [...new Set(entries.map(({ level }) => level))].sort();
  const deepest = levels.findLast((level) => fits(entries.filter((entry) => entry.level <= level))) ?? 0;
  const next = levels.find((level) => level > deepest);
  return { entries: addSome(entries, { deepest, next }, fits), count: entries.length };
}

/** The headings down to the level `deepest`, and of those of the next level as many as fit, from all over the text. */
function addSome(
  entries: readonly OutlineEntry[],
  { deepest, next }: { deepest: number; next: number | undefined },
  fits: (some: readonly OutlineEntry[]) => boolean,
): OutlineEntry[] {
  const further = entries.filter(({ level }) => level === next);
  for (let every = 2; every < 2 * further.length; every = Math.ceil(every * 1.25)) {
    const chosen = new Set(further.filter((_, index) => index % every === 0));
    const some = entries.filter((entry) => entry.level <= deepest || chosen.has(entry));
    if (fits(some)) return some;
  }
  return entries.filter(({ level }) => level <= deepest);
}

function createDescriber(id: string, headings: readonly Heading[]): (heading: Heading) => OutlineEntry {
  const keys = countEach(headings.map(({ key }) => key));
  const paths = countEach(headings.map(({ path }) => path));
  const titles = new Set(headings.map(({ title }) => title));
  const namesOf = (heading: Heading): Heading[] => {
    if (keys.get(heading.key) === 1) return [heading];
    return paths.get(heading.path) === 1 ? pathOf(heading) : [];
  };
  return (heading) => {
    const { headingStart, end, level, title } = heading;
    const names = namesOf(heading);
    const link = writeLink(names);
    // A heading of its own may be called as the path of another is written.
    const isClear = link !== undefined && (keys.get(heading.key) === 1 || !titles.has(link));
    return {
      heading: shortenTitle(title),
      level,
      characters: end - headingStart,
      id: isClear ? id + divider + link : createStretchId(id, { from: headingStart, to: end }),
    };
  };
}

/** Undefined where the headings could not be told from a link to something else. */
function writeLink(headings: readonly Heading[]): string | undefined {
  const isPlain = headings.length > 0 && headings.every(({ key }) => key !== '');
  const link = headings
    .map(({ title }) =>
      title
        .slice(0, 2 * longestLink)
        .replace(unlinkable, ' ')
        .trim(),
    )
    .join(divider);
  return isPlain && link.length <= longestLink && link.isWellFormed() ? link : undefined;
}

function countEach<Key>(keys: readonly Key[]): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** A section, and the ids of the first others that its name fits as well. */
export interface FoundSection extends Stretch {
  others: string[];
}

/** The section of `text` below the heading, or the path of headings, `name`: the first that fits. Throws MissingPart. */
export function* findNamedSection(id: string, text: string, name: string): Steps<FoundSection> {
  const headings = yield* readHeadings(text);
  const [first, ...rest] = findHeadings(headings, name.trim());
  if (first === undefined) {
    const titles = new Set(nearestFirst(headings, name).map(({ title }) => shortenTitle(title)));
    throw new MissingPart('heading', shortenTitle(name), [...titles]);
  }
  const others = rest.slice(0, 5);
  const describe = others.length > 0 ? createDescriber(id, headings) : undefined;
  return {
    from: first.headingStart,
    to: first.end,
    others: others.flatMap((heading) => describe?.(heading).id ?? []),
  };
}
