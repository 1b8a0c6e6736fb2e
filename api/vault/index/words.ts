// What of a note goes into which column of the index.
import type { NoteContent } from '../notes/content.ts';
import type { InlineField } from '../notes/markdown/fields.ts';
import { listTagLevels } from '../notes/markdown/tags.ts';
import { nameOf } from '../notes/name.ts';
import { listTexts, listWaysToAsk } from '../notes/properties.ts';
import { filterWord, presenceWord, segmentText } from '../search/tokens.ts';

/** Characters: a longer value is text, not something to filter by. */
const longestFilterValue = 100;
/** Characters, of the whole name of a field in maps: nobody could ask for a longer one (api/tools/scan.ts). */
const longestFieldName = 200;
const deepestField = 3;
/** Characters of all filter words of one note: without a bound, front matter of 64 KB could make hundreds of MB. */
const longestFilters = 1024 * 1024;

type Property = [name: string, value: string];

export interface IndexWords {
  title: string;
  aliases: string;
  tags: string;
  headings: string;
  path: string;
  body: string;
  filters: string;
  /** The lower-case names of the fields of front matter and text: what `field:value` in a query may name. */
  fieldNames: string[];
}

export function createIndexWords(id: string, content: NoteContent): IndexWords {
  const name = nameOf(id);
  const properties = content.tags
    .flatMap(tagProperties)
    .concat(fieldProperties(content.frontMatter), content.fields.flatMap(inlineProperties));
  const bounded = properties.slice(0, countWithin(properties, longestFilters));
  const names = bounded.map(([field]) => field);
  const fieldNames = [
    ...new Set([...names, ...namesOf(content.frontMatter), ...content.fields.flatMap(inlineNames)]),
  ];
  return {
    title: segmentText(content.title === name ? name : `${content.title}\n${name}`),
    aliases: segmentText(content.aliases.join('\n')),
    tags: segmentText(content.tags.join('\n')),
    headings: segmentText(content.headings.join('\n')),
    path: segmentText(id),
    // The values of front matter are found as text too, its names are not: every note has them.
    body: segmentText(`${content.text}\n${listTexts(content.frontMatter).join('\n')}`),
    filters: [
      ...bounded.map(([field, value]) => filterWord(field, value)),
      ...fieldNames.map(presenceWord),
    ].join(' '),
    fieldNames,
  };
}

function countWithin(properties: Property[], most: number): number {
  let length = 0;
  const end = properties.findIndex(([name, value]) => {
    length += name.length + value.length;
    return length > most;
  });
  return end < 0 ? properties.length : end;
}

function tagProperties(tag: string): Property[] {
  return listTagLevels(tag).map((level) => ['tag', level]);
}

const isTagField = (name: string): boolean => /^tags?$/i.test(name);

function fieldProperties(fields: Record<string, unknown>): Property[] {
  return Object.entries(fields)
    .filter(([name]) => !isTagField(name))
    .flatMap(([name, value]) => flatten(name.toLowerCase(), value, 1));
}

/** The fields at the top, whatever their value: a long text, a map, an empty list. */
function namesOf(fields: Record<string, unknown>): string[] {
  const names = Object.keys(fields).filter((name) => !isTagField(name) && name.length <= longestFieldName);
  return names.map((name) => name.toLowerCase());
}

function flatten(name: string, value: unknown, depth: number): Property[] {
  if (name.length > longestFieldName) {
    return [];
  }
  if (Array.isArray(value)) {
    return value.flatMap((entry) => flatten(name, entry, depth));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = depth < deepestField ? Object.entries(value) : [];
    return entries.flatMap(([key, entry]) => flatten(`${name}.${key.toLowerCase()}`, entry, depth + 1));
  }
  return valueProperties(name, value === null ? '' : String(value));
}

function valueProperties(name: string, value: string): Property[] {
  const ways = value.trim() === '' ? [''] : listWaysToAsk(value);
  return ways.filter((way) => way.length <= longestFilterValue).map((way) => [name, way]);
}

function inlineProperties(field: InlineField): Property[] {
  return inlineNames(field).flatMap((name) => valueProperties(name, field[1]));
}

// Between words of its name a query has no room for spaces.
function inlineNames([name]: InlineField): string[] {
  return isTagField(name) ? [] : [...new Set([name, name.replace(/ +/g, '-')])];
}
