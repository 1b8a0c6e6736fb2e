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
  const fieldNames = [...new Set([...bounded.map(([field]) => field), ...namesOf(content.frontMatter)])];
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

/** One at least: that the field is there is known of a long value and of none as well. */
function valueProperties(name: string, value: string): Property[] {
  const ways = listWaysToAsk(value).filter((way) => way.length <= longestFilterValue);
  return ways.length === 0 ? [[name, '']] : ways.map((way) => [name, way]);
}

// Between words of its name a query has no room for spaces.
function inlineProperties([name, value]: InlineField): Property[] {
  const names = isTagField(name) ? [] : [...new Set([name, name.replace(/ +/g, '-')])];
  return names.flatMap((one) => valueProperties(one, value));
}
