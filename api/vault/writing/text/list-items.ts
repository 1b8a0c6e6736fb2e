// Items added to and removed from a list in the front matter: every other byte of it stays, however the list is written.
import { isMap, isScalar, isSeq, type Scalar, stringify, type YAMLSeq } from 'yaml';
import { EditRefused } from '../../errors.ts';
import { findFrontMatterBlock } from '../../notes/front-matter.ts';
import { parseYaml } from '../../notes/yaml-document.ts';
import type { Steps } from '../../pace/steps.ts';
import { normalizeText } from '../../unicode.ts';
import { findName, readFields, requireField, setField, withoutNewlines } from '../front-matter-edit.ts';
import { lineEndingOf } from './line-endings.ts';

export type Item = string | number | boolean;

export interface ItemChange {
  field: string;
  add?: readonly Item[] | undefined;
  remove?: readonly Item[] | undefined;
}

/** The note with the items added or removed; the same note where there is nothing to do. Throws EditRefused. */
export function* changeItems(note: string, { field, add = [], remove = [] }: ItemChange): Steps<string> {
  const fields = readFields(note);
  const name = findName(fields, field);
  const list = readItems(fields, name);
  const gone = new Set(remove.map(list.keyOf));
  const kept = list.items.filter((item) => !gone.has(list.keyOf(item)));
  const there = new Set(kept.map(list.keyOf));
  const added = add.map(list.write).filter((item) => {
    const isNew = !there.has(list.keyOf(item));
    there.add(list.keyOf(item));
    return isNew;
  });
  if (kept.length === list.items.length && added.length === 0) {
    return note;
  }
  const wanted = [...kept, ...added];
  const edited = yield* editSource(note, name, { list, gone, added, isEmptied: wanted.length === 0 });
  return edited === undefined
    ? yield* setField(note, name, wanted as Item[])
    : requireField(edited, fields, name, wanted);
}

interface FieldItems {
  items: readonly unknown[];
  isList: boolean;
  /** A text that Obsidian reads as several tags. */
  isDivided: boolean;
  /** The same for what is the same item. */
  keyOf(item: unknown): string;
  write(item: Item): Item;
}

function readItems(fields: Record<string, unknown>, name: string): FieldItems {
  const value = (Object.hasOwn(fields, name) ? fields[name] : undefined) ?? [];
  const isTags = /^tags?$/i.test(name);
  const kind = isTags ? { keyOf: keyOfTag, write: writeTag } : { keyOf, write: (item: Item): Item => item };
  if (Array.isArray(value)) {
    return { items: value, isList: true, isDivided: false, ...kind };
  }
  if (typeof value === 'object') {
    throw new EditRefused(
      `The field ${JSON.stringify(name)} is a map, and no list that items could be added to or removed from: give the whole field with value.`,
    );
  }
  const parts = isTags && typeof value === 'string' ? value.split(/[\s,]+/).filter(Boolean) : [value];
  return { items: parts, isList: false, isDivided: parts.length !== 1 || parts[0] !== value, ...kind };
}

function keyOf(item: unknown): string {
  return typeof item === 'string' ? normalizeText(JSON.stringify(item), 'NFC') : JSON.stringify(item);
}

const withoutHash = (tag: string): string => tag.replace(/^#/, '');

/** Tags have no case, and may be written with their `#`. */
function keyOfTag(item: unknown): string {
  return typeof item === 'string' ? keyOf(withoutHash(item.trim()).toLowerCase()) : keyOf(item);
}

const writeTag = (item: Item): Item => (typeof item === 'string' ? withoutHash(item.trim()) : item);

interface Wanted {
  list: FieldItems;
  gone: ReadonlySet<string>;
  added: readonly Item[];
  isEmptied: boolean;
}

/** Undefined where the field is to be written anew as a whole. */
function* editSource(
  note: string,
  name: string,
  { list, gone, added, isEmptied }: Wanted,
): Steps<string | undefined> {
  const block = findFrontMatterBlock(note);
  const value = block && findValue(block.source, name);
  if (block === undefined || value === undefined || isEmptied || list.isDivided) {
    return undefined;
  }
  const { source, sourceStart } = block;
  const ending = yield* lineEndingOf(note);
  const edited = isSeq(value)
    ? editList(source, value, { list, gone, added, ending })
    : makeList(source, value, added, ending);
  return edited && note.slice(0, sourceStart) + edited + note.slice(sourceStart + source.length);
}

function findValue(source: string, name: string): YAMLSeq | Scalar | undefined {
  const { contents } = parseYaml(source, { keepSourceTokens: true });
  const pair = isMap(contents)
    ? contents.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === name)
    : undefined;
  const value = pair?.value;
  const isList = isSeq(value) && value.items.length > 0;
  return isList || (isScalar(value) && value.value !== null) ? (value as YAMLSeq | Scalar) : undefined;
}

/** `key: one # why` becomes a list whose first item is all that stands behind the colon. */
function makeList(
  source: string,
  { range, type }: Scalar,
  added: readonly Item[],
  ending: string,
): string | undefined {
  const isOneLine =
    range && !source.slice(range[0], range[1]).includes('\n') && /^(?:PLAIN|QUOTE)/.test(type ?? '');
  const colon = isOneLine ? source.lastIndexOf(':', range[0]) : -1;
  if (
    range === undefined ||
    range === null ||
    colon < 0 ||
    !/^[ \t]+$/.test(source.slice(colon + 1, range[0]))
  ) {
    return undefined;
  }
  const end = endOfLine(source, range[1]);
  return `${source.slice(0, colon + 1)}${ending}  -${source.slice(colon + 1, end)}${writeItems(added, '  ', ending)}${source.slice(end)}`;
}

/** Where the line at `at` ends, without its line ending. */
function endOfLine(source: string, at: number): number {
  const newline = source.indexOf('\n', at);
  const end = newline < 0 ? source.length : newline;
  return source.charAt(end - 1) === '\r' && end > at ? end - 1 : end;
}

function writeItems(items: readonly Item[], indent: string, ending: string): string {
  return items
    .flatMap((item) => stringify([item], { lineWidth: 0 }).trimEnd().split('\n'))
    .map((line) => ending + indent + line)
    .join('');
}

/** One part of a list as it is written. */
interface WrittenItem {
  isGone: boolean;
  start: number;
  end: number;
  /** Of the `-` or the comma before it; undefined for the first of a flow list. */
  sign: number | undefined;
}

interface ListChange {
  list: FieldItems;
  gone: ReadonlySet<string>;
  added: readonly Item[];
  ending: string;
}

function editList(
  source: string,
  seq: YAMLSeq,
  { list, gone, added, ending }: ListChange,
): string | undefined {
  const items = readWritten(seq, (index) => gone.has(list.keyOf(list.items[index])));
  if (items === undefined) {
    return undefined;
  }
  return seq.flow ? editFlow(source, items, added) : editBlock(source, items, added, ending);
}

interface Token {
  type: string;
  offset: number;
}

function readWritten(seq: YAMLSeq, isGone: (index: number) => boolean): WrittenItem[] | undefined {
  const tokens = (seq.srcToken as { items?: Array<{ start: Token[] }> } | undefined)?.items ?? [];
  const items = seq.items.map((node, index) => {
    const range = (node as { range?: [number, number, number] }).range;
    const sign = tokens[index]?.start.find(
      ({ type }) => type === (seq.flow ? 'comma' : 'seq-item-ind'),
    )?.offset;
    return range && { isGone: isGone(index), start: range[0], end: range[1], sign };
  });
  return items.every((item) => item !== undefined) ? items : undefined;
}

/** What of the source is left out, from `start` to `end`. */
interface Cut {
  start: number;
  end: number;
}

function cutOut(source: string, cuts: readonly Cut[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of cuts) {
    if (start >= at) {
      parts.push(source.slice(at, start));
      at = end;
    }
  }
  return parts.join('') + source.slice(at);
}

function editBlock(
  source: string,
  items: readonly WrittenItem[],
  added: readonly Item[],
  ending: string,
): string | undefined {
  const lines = items.map(({ isGone, sign = 0, end }) => {
    const start = source.lastIndexOf('\n', sign - 1) + 1;
    const lineEnd = endOfLine(source, Math.max(withoutNewlines(source, end), sign + 1));
    return { isGone, start, indent: source.slice(start, sign), end: lineEnd };
  });
  const last = lines.at(-1);
  if (last === undefined || lines.some(({ indent }) => indent.trim() !== '')) {
    return undefined;
  }
  const more = writeItems(added, last.indent, ending);
  const whole = source.slice(0, last.end) + more + source.slice(last.end);
  // Each goes with the line ending before it, which the last line of the block has none after.
  const cuts = lines
    .filter(({ isGone }) => isGone)
    .map(({ start, end }) => ({ start: start - (source.charAt(start - 2) === '\r' ? 2 : 1), end }));
  return cutOut(whole, cuts);
}

function editFlow(source: string, items: readonly WrittenItem[], added: readonly Item[]): string | undefined {
  const last = items.at(-1);
  const firstKept = items.findIndex(({ isGone }) => !isGone);
  if (last === undefined) {
    return undefined;
  }
  const flow = added.map((item) =>
    stringify([item], { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: false })
      .trim()
      .slice(1, -1),
  );
  const more = flow.map((item) => `, ${item}`).join('');
  const whole = source.slice(0, last.end) + more + source.slice(last.end);
  const cuts = items.flatMap((item, index) =>
    item.isGone ? cutFlow(source, item, index < firstKept ? items[index + 1] : undefined) : [],
  );
  return cutOut(whole, cuts);
}

/** An item with the comma before it, or where it is among the first with the one after; comments stay. */
function cutFlow(source: string, item: WrittenItem, next: WrittenItem | undefined): Cut[] {
  const isBlank = (from: number, to: number): boolean => source.slice(from, to).trim() === '';
  if (next !== undefined) {
    const comma = next.sign ?? item.end;
    const isPlain = isBlank(item.end, comma) && isBlank(comma + 1, next.start);
    return isPlain
      ? [{ start: item.start, end: next.start }]
      : [
          { start: item.start, end: item.end },
          { start: comma, end: comma + 1 },
        ];
  }
  const comma = item.sign ?? item.start;
  return isBlank(comma + 1, item.start)
    ? [{ start: comma, end: item.end }]
    : [
        { start: comma, end: comma + 1 },
        { start: item.start, end: item.end },
      ];
}
