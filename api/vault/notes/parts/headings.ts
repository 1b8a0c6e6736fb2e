// Which heading of a note a name behind a `#` means: its title, or a path of headings from the outside in.

import type { Steps } from '../../pace/steps.ts';
import { foldName } from '../name.ts';
import { listSections, type Section } from '../sections.ts';

export interface Heading extends Section {
  key: string;
  parent: Heading | undefined;
  /** The same number for those whose path of headings is the same. */
  path: number;
}

/** A note of 5 MB could be nothing but headings. */
const mostHeadings = 20_000;
export const headingsAtOnce = 100;
/** Stands between the headings of a path. */
export const divider = '#';
/** Characters; of a longer heading the place is the better name. */
export const longestLink = 200;
// As Obsidian compares headings: signs count for nothing.
const signs = /[!"#$%&()*+,.:;<=>?@^`{|}~/[\]\\\s]+/g;

function keyOfHeading(title: string): string {
  return foldName(title.slice(0, 2 * longestLink))
    .replace(signs, ' ')
    .trim();
}

/** Of the note from `from` on. */
export function* readHeadings(note: string, from = 0): Steps<Heading[]> {
  const paths = new Map<string, number>();
  let last: Heading | undefined;
  const headings: Heading[] = [];
  for (const section of yield* listSections(note, from, mostHeadings)) {
    let parent = last;
    while (parent !== undefined && parent.level >= section.level) {
      parent = parent.parent;
    }
    const key = keyOfHeading(section.title);
    const name = `${parent?.path ?? ''}${divider}${key}`;
    const path = paths.get(name) ?? paths.size;
    paths.set(name, path);
    last = { ...section, key, parent, path };
    headings.push(last);
    if (headings.length % headingsAtOnce === 0) {
      yield;
    }
  }
  return headings;
}

/** From the outside in, the heading itself last. */
export function pathOf(heading: Heading | undefined): Heading[] {
  return heading === undefined ? [] : [...pathOf(heading.parent), heading];
}

/** The headings that `name` fits best, in order. */
export function findHeadings(headings: readonly Heading[], name: string): readonly Heading[] {
  const keys = name.split(divider).map(keyOfHeading).filter(Boolean);
  const key = keyOfHeading(name);
  if (key === '') {
    return headings.filter(({ title }) => title === name && name !== '');
  }
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
  for (const way of ways) {
    const found = candidates.filter(way);
    if (found.length > 0) {
      return found;
    }
  }
  // A heading on the way may have the divider in itself, as `C# notes`.
  return headings.filter((heading) => key.endsWith(heading.key) && isWayTo(pathOf(heading), key));
}

/** Whether the last of `path` has the last of `keys`, and the others stand before it in this order. */
function isBelow(path: readonly Heading[], keys: readonly string[]): boolean {
  let at = 0;
  for (const { key } of path) {
    at += key === keys[at] ? 1 : 0;
  }
  return at === keys.length && path.at(-1)?.key === keys.at(-1);
}

/** Whether `key` is keys of `path` one after the other, the last of them at its end. */
function isWayTo(path: readonly Heading[], key: string): boolean {
  let rest = `${key} `;
  let isLast = false;
  for (const { key: one } of path) {
    isLast = one !== '' && rest.startsWith(`${one} `);
    rest = isLast ? rest.slice(one.length + 1) : rest;
  }
  return isLast && rest === '';
}

/** Those that have a word of what was asked for before the others. */
export function nearestFirst(headings: readonly Heading[], asked: string): readonly Heading[] {
  const words = keyOfHeading(asked).split(' ').filter(Boolean).slice(0, 20);
  const isNear = (one: string): boolean => words.some((word) => one.startsWith(word) || word.startsWith(one));
  const { near = [], far = [] } = Object.groupBy(headings, ({ key }) =>
    key.split(' ').some((one) => one !== '' && isNear(one)) ? 'near' : 'far',
  );
  return [...near, ...far];
}
