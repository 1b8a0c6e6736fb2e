// The values of front matter as the texts that they are found by.

import { takeAtOnce } from '../pace/steps.ts';
import { type Inlines, readInlines } from './markdown/inlines.ts';
import { readDestinationTarget, readWikiTarget } from './markdown/link-target.ts';
import { nameOf } from './name.ts';

/**
 * Every value that is text, number or word, in order, and the names below the top: those at the top every note has.
 * `[[Note]]` that somebody forgot to quote is a list in a list for YAML, and given as what it was meant to be.
 */
export function listTexts(frontMatter: Record<string, unknown>): string[] {
  const texts: string[] = [];
  // Not by calling itself: it may be nested deeper than a stack is.
  const left: unknown[] = Object.values(frontMatter).reverse();
  while (left.length > 0) {
    const value = left.pop();
    const text = readText(value);
    if (text !== undefined) {
      texts.push(text);
      continue;
    }
    for (const inner of listMembers(value).reverse()) {
      left.push(inner);
    }
  }
  return texts;
}

function readText(value: unknown): string | undefined {
  const isPlain = ['string', 'number', 'boolean'].includes(typeof value);
  return isPlain ? String(value) : unquotedLink(value);
}

function listMembers(value: unknown): unknown[] {
  if (Array.isArray(value)) {
    return [...value];
  }
  return Object.entries(value ?? {}).flat();
}

function unquotedLink(value: unknown): string | undefined {
  const [inner] = Array.isArray(value) && value.length === 1 ? value : [];
  const [name] = Array.isArray(inner) && inner.length === 1 ? inner : [];
  return typeof name === 'string' ? `[[${name}]]` : undefined;
}

/** A value as it may be asked for: as it is written, and of each link in it the path, the name and the shown text. */
export function listWaysToAsk(value: string): string[] {
  const ways = new Set([value.trim()]);
  if (value.includes('[[') || value.includes('](')) {
    const add = (path: string | undefined, shown: string): void => {
      for (const way of path === undefined ? [] : [path, nameOf(path), shown.trim()]) {
        ways.add(way);
      }
    };
    const inlines: Inlines = {
      onWikiLink: (target, shown) => add(readWikiTarget(target, '')?.target, shown),
      onDestination: (to, shown) => add(readDestinationTarget(to, '')?.target.replace(/^\.?\//, ''), shown),
      onTag: () => {},
      onField: () => {},
    };
    takeAtOnce(readInlines(value, new Map(), inlines));
  }
  return [...ways].filter((way) => way !== '');
}
