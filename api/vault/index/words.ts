// What of a note goes into which column of the index.
import type { NoteContent } from '../notes/content.ts';
import { nameOf } from '../notes/name.ts';
import { filterWord, presenceWord, segmentText } from '../search/tokens.ts';

/** Characters: a longer value is text, not something to filter by. */
const longestFilterValue = 100;
const deepestField = 3;

type Property = [name: string, value: string];

export interface IndexWords {
  title: string;
  aliases: string;
  tags: string;
  headings: string;
  path: string;
  body: string;
  filters: string;
  /** The lower-case names of the front-matter fields: what `field:value` in a query may name. */
  fieldNames: string[];
}

export function createIndexWords(id: string, content: NoteContent): IndexWords {
  const name = nameOf(id);
  const properties = content.tags.flatMap(tagProperties).concat(fieldProperties(content.frontMatter));
  const values = properties.map(([, value]) => value);
  const fieldNames = new Set(properties.map(([field]) => field));
  const others = unfilteredFields(content.frontMatter, fieldNames);
  return {
    title: segmentText(content.title === name ? name : `${content.title}\n${name}`),
    aliases: segmentText(content.aliases.join('\n')),
    tags: segmentText(content.tags.join('\n')),
    headings: segmentText(content.headings.join('\n')),
    path: segmentText(id),
    // The values of front matter are found as text too, its names are not: every note has them.
    body: segmentText(`${content.text}\n${values.join('\n')}`),
    filters: [
      ...properties.map(([field, value]) => filterWord(field, value)),
      ...others.map(presenceWord),
    ].join(' '),
    fieldNames: [...fieldNames, ...others],
  };
}

// project/loop is found by tag:project too.
function tagProperties(tag: string): Property[] {
  const parts = tag.split('/');
  return parts.map((_, index) => ['tag', parts.slice(0, index + 1).join('/')]);
}

const isTagField = (name: string): boolean => /^tags?$/i.test(name);

function fieldProperties(fields: Record<string, unknown>): Property[] {
  return Object.entries(fields)
    .filter(([name]) => !isTagField(name))
    .flatMap(([name, value]) => flatten(name.toLowerCase(), value, 1));
}

/** The fields that are there and have no value to filter by: a long text, a map, an empty list. */
function unfilteredFields(fields: Record<string, unknown>, filtered: Set<string>): string[] {
  const names = Object.keys(fields).filter((name) => !isTagField(name));
  return [...new Set(names.map((name) => name.toLowerCase()))].filter((name) => !filtered.has(name));
}

function flatten(name: string, value: unknown, depth: number): Property[] {
  if (Array.isArray(value)) {
    return value.flatMap((entry) => flatten(name, entry, depth));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = depth < deepestField ? Object.entries(value) : [];
    return entries.flatMap(([key, entry]) => flatten(`${name}.${key.toLowerCase()}`, entry, depth + 1));
  }
  const text = value === null ? '' : readable(String(value));
  return text.length > longestFilterValue ? [] : [[name, text]];
}

// "[[Kim Minji|Minji]]" is filtered by as Kim Minji.
function readable(value: string): string {
  return value.replace(/^\[\[([^\]|#]+)[^\]]*\]\]$/, '$1').trim();
}
