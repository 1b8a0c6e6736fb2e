// The headings of a note, each with an id that names its section; and which section a name behind a `#` means.
import { foldName } from '../vault/notes/name.ts';
import { listSections, type Section } from '../vault/notes/sections.ts';
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

interface Heading extends Section {
  key: string;
  parent: Heading | undefined;
  /** The same number for those whose path of headings is the same. */
  path: number;
}

/** A note of 5 MB could be nothing but headings. */
const mostHeadings = 20_000;
/** Stands between the headings of a path. */
const divider = '#';
/** What a link can't hold, or this service's own ids end with. */
const unlinkable = /[#|^?[\]\\\s]+/g;
// As Obsidian compares headings: signs count for nothing.
const signs = /[!"#$%&()*+,.:;<=>?@^`{|}~/[\]\\\s]+/g;
/** Characters; of a longer heading the place is the better name. */
const longestLink = 200;

function keyOf(title: string): string {
  return foldName(title.slice(0, 2 * longestLink))
    .replace(signs, ' ')
    .trim();
}

function readHeadings(text: string): Heading[] {
  const paths = new Map<string, number>();
  let last: Heading | undefined;
  return listSections(text, 0, mostHeadings).map((section) => {
    let parent = last;
    while (parent !== undefined && parent.level >= section.level) parent = parent.parent;
    const key = keyOf(section.title);
    const name = `${parent?.path ?? ''}${divider}${key}`;
    const path = paths.get(name) ?? paths.size;
    paths.set(name, path);
    last = { ...section, key, parent, path };
    return last;
  });
}

function pathOf(heading: Heading | undefined): Heading[] {
  return heading === undefined ? [] : [...pathOf(heading.parent), heading];
}

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
export function outlineOf(id: string, text: string, stretch: Stretch, most: number): Outline {
  const headings = readHeadings(text);
  const describe = createDescriber(id, headings);
  const entries = headings
    .filter(({ headingStart }) => headingStart >= stretch.from && headingStart < stretch.to)
    .map(describe);
  const lengths = new Map(entries.map((entry) => [entry, countJson(entry) + 1]));
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
export function findNamedSection(id: string, text: string, name: string): FoundSection {
  const headings = readHeadings(text);
  const [first, ...rest] = findHeadings(headings, name.trim());
  if (first === undefined) {
    const titles = new Set(nearestFirst(headings, keyOf(name)).map(({ title }) => shortenTitle(title)));
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

/** The headings that `name` fits best. */
function findHeadings(headings: readonly Heading[], name: string): readonly Heading[] {
  const keys = name.split(divider).map(keyOf).filter(Boolean);
  const key = keyOf(name);
  if (key === '') return headings.filter(({ title }) => title === name && name !== '');
  const candidates = headings.filter((heading) => heading.key === key || heading.key === keys.at(-1));
  const ways: Array<(heading: Heading) => boolean> = [
    (heading) => heading.title === name,
    (heading) =>
      pathOf(heading)
        .map((one) => one.key)
        .join(divider) === keys.join(divider),
    (heading) => heading.key === key,
    (heading) => isBelow(pathOf(heading), keys),
  ];
  return ways.map((way) => candidates.filter(way)).find(({ length }) => length > 0) ?? [];
}

/** Whether the last of `path` has the last of `keys`, and the others stand before it in this order. */
function isBelow(path: readonly Heading[], keys: readonly string[]): boolean {
  let at = 0;
  for (const { key } of path) if (key === keys[at]) at += 1;
  return at === keys.length && path.at(-1)?.key === keys.at(-1);
}

/** Those that have a word of what was asked for before the others. */
function nearestFirst(headings: readonly Heading[], asked: string): readonly Heading[] {
  const words = asked.split(' ').filter(Boolean).slice(0, 20);
  const isNear = (one: string): boolean => words.some((word) => one.startsWith(word) || word.startsWith(one));
  const { near = [], far = [] } = Object.groupBy(headings, ({ key }) =>
    key.split(' ').some((one) => one !== '' && isNear(one)) ? 'near' : 'far',
  );
  return [...near, ...far];
}
