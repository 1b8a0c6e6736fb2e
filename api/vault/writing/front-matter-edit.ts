// Sets or removes one front-matter field of a note; every other byte of it stays as it was.
import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, type Pair, stringify, type ToStringOptions } from 'yaml';
import { EditRefused } from '../errors.ts';
import { findFrontMatterBlock, parseFrontMatter } from '../notes/front-matter.ts';
import { foldName } from '../notes/name.ts';
import { parseYaml } from '../notes/yaml-document.ts';
import type { Steps } from '../pace/steps.ts';
import { lineEndingOf } from './text/line-endings.ts';

type Scalar = string | number | boolean;
/** Null removes the field. */
export type FieldValue = Scalar | Scalar[] | null;

/** The note with `field` set to `value`, in a block made for it where there is none. Throws EditRefused. */
export function* setField(note: string, field: string, value: FieldValue): Steps<string> {
  const fields = readFields(note);
  const name = findName(fields, field);
  return requireField(yield* editBlock(note, name, value), fields, name, value);
}

/** The fields of the note. Throws EditRefused where they can't be read, and so not be changed. */
export function readFields(note: string): Record<string, unknown> {
  const { fields, warning } = parseFrontMatter(note);
  if (warning !== undefined) {
    throw new EditRefused(
      'The front matter of this note is not valid YAML, so its fields can not be changed; replace the whole text to mend it.',
    );
  }
  return fields;
}

/** `edited`, where it says `value` in the field `name`, none for null, and in all others what they said. Throws EditRefused. */
export function requireField(
  edited: string,
  before: Record<string, unknown>,
  name: string,
  value: unknown,
): string {
  const after = parseFrontMatter(edited);
  const { [name]: _, ...others } = before;
  const wanted = value === null ? others : { ...others, [name]: value };
  // Anchors, merge keys, comments in odd places: whatever would have changed its meaning is left alone.
  if (after.warning !== undefined || !isDeepStrictEqual(sorted(after.fields), sorted(wanted))) {
    throw new EditRefused(
      `The field ${JSON.stringify(name)} can not be changed alone in the way the front matter of this note is written. Give the whole field with value; where that is refused too, only its owner can change it, in an editor.`,
    );
  }
  return edited;
}

// Obsidian's properties have no case, and nobody sees a Unicode form; a second spelling beside the first would help nobody.
export function findName(fields: Record<string, unknown>, field: string): string {
  if (Object.hasOwn(fields, field)) {
    return field;
  }
  const key = foldName(field);
  return Object.keys(fields).find((name) => foldName(name) === key) ?? field;
}

const sorted = (fields: Record<string, unknown>): [string, unknown][] =>
  Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));

function* editBlock(note: string, name: string, value: FieldValue): Steps<string> {
  const ending = yield* lineEndingOf(note);
  const block = findFrontMatterBlock(note);
  if (block === undefined) {
    return value === null ? note : addBlock(note, write(name, value), ending);
  }
  const { source, sourceStart } = block;
  const rest = note.slice(sourceStart + source.length);
  // An empty block has no line of its own yet: `---` follows `---` at once.
  const lineEnd = /^\r?\n/.exec(rest)?.[0];
  const edited = editSource(source, name, value, { ending, lineEnd });
  const head = note.slice(0, sourceStart) + edited;
  if (edited === '') {
    // One line is left where that is blank.
    const isKept = source === '' || /^\r?\n/.test(source);
    return head + (isKept ? rest : rest.slice(lineEnd?.length ?? 0));
  }
  return head + (lineEnd !== undefined || edited.endsWith('\n') ? '' : ending) + rest;
}

function addBlock(note: string, lines: string, ending: string): string {
  const start = note.startsWith('\ufeff') ? 1 : 0;
  return `${note.slice(0, start)}${`---\n${lines}---\n`.replaceAll('\n', ending)}${note.slice(start)}`;
}

/** `lineEnd` ends the last line of `source`, and is not part of it. */
function editSource(
  source: string,
  name: string,
  value: FieldValue,
  { ending, lineEnd = '' }: { ending: string; lineEnd: string | undefined },
): string {
  const pair = findPair(source, name);
  if (pair === undefined) {
    const lines = value === null ? '' : write(name, value).trimEnd();
    return lines === '' ? source : source + lineEnd + lines.replaceAll('\n', ending);
  }
  return value === null ? removePair(source, pair) : replaceValue(source, pair, value, ending);
}

interface PairPlace {
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  valueEnd: number;
  isFlow: boolean;
}

function findPair(source: string, name: string): PairPlace | undefined {
  const { contents } = parseYaml(source);
  if (!isMap(contents)) {
    return undefined;
  }
  if (contents.flow) {
    throw new EditRefused(
      'The front matter of this note is written as one { } map: its fields can not be changed alone.',
    );
  }
  const pair = contents.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === name);
  return pair && placeOf(pair, source);
}

function placeOf({ key, value }: Pair, source: string): PairPlace | undefined {
  const keyRange = rangeOf(key);
  if (keyRange === undefined) {
    return undefined;
  }
  const [keyStart, keyEnd] = keyRange;
  const afterColon = source.indexOf(':', keyEnd) + 1;
  const range = rangeOf(value);
  // Where nothing is written, the library's place for it may lie behind a comment.
  const [valueStart, valueEnd] = range && range[0] < range[1] ? range : [afterColon, afterColon];
  const isFlow = typeof value === 'object' && value !== null && 'flow' in value && value.flow === true;
  return { keyStart, keyEnd: afterColon, valueStart, valueEnd, isFlow };
}

function rangeOf(node: unknown): [number, number] | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) ? [Number(range[0]), Number(range[1])] : undefined;
}

function replaceValue(source: string, place: PairPlace, value: FieldValue, ending: string): string {
  const { keyEnd, valueStart, valueEnd, isFlow } = place;
  // A list ends with its last line, line ending included.
  const end = Math.max(withoutNewlines(source, valueEnd), keyEnd);
  // What stands between the colon and the value: spaces that somebody lined up, or the lines before a list.
  const gap = source.slice(keyEnd, valueStart);
  const [ofKey = ''] = comment.exec(gap) ?? [];
  const isFollowed = ofKey !== '' || /^[^\r\n]*\S/.test(source.slice(end));
  const written = writeValue(value, { isFlow, isFollowed });
  const isInline = written.startsWith(' ') && !written.includes('\n');
  const rest = source.slice(end);
  const keepsGap = /^[ \t]+$/.test(gap) && valueStart < valueEnd;
  const text = isInline
    ? (keepsGap ? gap + written.trimStart() : written) + ofKey + rest
    : ofKey + writeBelow(indentLike(gap, written, value), rest, ending);
  return source.slice(0, keyEnd) + text;
}

/** A list as far in as the one before it. */
function indentLike(gap: string, written: string, value: FieldValue): string {
  const indent = Array.isArray(value) ? /\n([ \t]*)$/.exec(gap)?.[1] : undefined;
  return indent === undefined ? written : written.replace(/\n {2}/g, `\n${indent}`);
}

/** A comment that `rest` begins with stays on its line, and a list goes below it. */
function writeBelow(written: string, rest: string, ending: string): string {
  const [behind = ''] = (written.startsWith('\n') && comment.exec(rest)) || [];
  return behind + written.replaceAll('\n', ending) + rest.slice(behind.length);
}

const comment = /^[ \t]+#[^\r\n]*/;

/** Where what stands before `end` ends, newlines aside. */
export function withoutNewlines(source: string, end: number): number {
  let at = end;
  while (source[at - 1] === '\n' || source[at - 1] === '\r') {
    at -= 1;
  }
  return at;
}

function removePair(source: string, { keyStart, keyEnd, valueEnd }: PairPlace): string {
  const end = Math.max(withoutNewlines(source, valueEnd), keyEnd);
  const newline = source.indexOf('\n', end);
  const before = source.slice(0, keyStart);
  return newline < 0 ? before.replace(/\r?\n$/, '') : before + source.slice(newline + 1);
}

function write(name: string, value: FieldValue, options: ToStringOptions = {}): string {
  return stringify({ [name]: value }, { lineWidth: 0, ...options });
}

/** Text of several lines in quotes: a comment behind a block of them would be its last line. */
const quoted = { blockQuote: false, doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY };

/** What follows `key:` for the value: ` text`, ` [a, b]`, or lines. */
function writeValue(
  value: FieldValue,
  { isFlow, isFollowed }: { isFlow: boolean; isFollowed: boolean },
): string {
  if (isFlow && Array.isArray(value)) {
    return ` ${stringify(value, { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: false }).trimEnd()}`;
  }
  return write('k', value, isFollowed ? quoted : {})
    .slice('k:'.length)
    .trimEnd();
}
