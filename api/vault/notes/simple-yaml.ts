// The flat front matter that nearly every note has, read without the YAML library: a tenth of the time, and most of
// what a first index spent. Whatever is not plainly simple is left to the library; a test holds the two together.

type Scalar = string | number | boolean | null;

// Of lines without spaces at their end.
const field = /^(\p{L}[\p{L}\p{N}_-]{0,99}):(?: +(\S.*))?$/u;
const listItem = /^( *)- +(\S.*)$/;
// What could start or end something other than a plain word in YAML 1.2: indicators, comments, mappings.
const notPlain = /^[-?:,[\]{}#&*!|>'"%@`~]|: |:$| #/;
const number = /^-?(?:0|[1-9]\d{0,14})$/;
const day = /^\d{4}-\d\d-\d\d$/;
const likeNumber = /^[-+.\d]/;
const likeWord = /^(?:true|false|null)$/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is left to the library
const strange = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/;

/** The fields of `source` (without line ends' `\r`), or undefined where it is for a YAML parser to say. */
export function parseSimpleYaml(source: string): Record<string, unknown> | undefined {
  if (strange.test(source)) {
    return undefined;
  }
  const reading: Reading = { fields: {}, name: '', list: undefined };
  const lines = source.split('\n').map(withoutSpacesAtEnd);
  return lines.every((line) => readItem(reading, line) ?? readField(reading, line))
    ? reading.fields
    : undefined;
}

interface Reading {
  fields: Record<string, unknown>;
  name: string;
  /** After a field without a value: the list that may follow, with the indent of its first item. */
  list: { indent: string | undefined; items: Scalar[] } | undefined;
}

// Undefined where the line is no item of a list; false where it is one that is not simple.
function readItem({ fields, name, list }: Reading, line: string): boolean | undefined {
  const item = list === undefined ? null : listItem.exec(line);
  if (list === undefined || item === null) {
    return undefined;
  }
  const value = parseScalar(item[2] ?? '', false);
  if (value === undefined || (list.indent ?? item[1]) !== item[1]) {
    return false;
  }
  list.indent = item[1];
  list.items.push(value);
  fields[name] = list.items;
  return true;
}

function readField(reading: Reading, line: string): boolean {
  const found = field.exec(line);
  const name = found?.[1] ?? '';
  // A name may be one of YAML's own words too.
  const isOurs = found !== null && !likeWord.test(name) && !Object.hasOwn(reading.fields, name);
  const value = isOurs ? parseValue(found[2]) : undefined;
  if (value === undefined) {
    return false;
  }
  reading.fields[name] = value;
  reading.name = name;
  reading.list = found?.[2] === undefined ? { indent: undefined, items: [] } : undefined;
  return true;
}

function parseValue(text: string | undefined): Scalar | Scalar[] | undefined {
  if (text === undefined) {
    return null;
  }
  if (!text.startsWith('[')) {
    return parseScalar(text, false);
  }
  const inner = text.endsWith(']') ? withoutSpaces(text.slice(1, -1)) : '[';
  if (inner === '') {
    return [];
  }
  const items = inner.split(',').map((item) => parseScalar(withoutSpaces(item), true));
  return items.every((item) => item !== undefined) ? items : undefined;
}

// Spaces alone: for YAML all else that JavaScript trims is text. By hand: a pattern for the end of a line would be tried
// from every space in it.
function withoutSpacesAtEnd(text: string): string {
  let end = text.length;
  while (text.endsWith(' ', end)) {
    end -= 1;
  }
  return text.slice(0, end);
}

function withoutSpaces(text: string): string {
  return withoutSpacesAtEnd(text.replace(/^ +/, ''));
}

function parseScalar(text: string, isInFlow: boolean): Scalar | undefined {
  const quoted = /^"([^"\\]*)"$|^'([^']*)'$/.exec(text);
  if (quoted !== null) {
    const inner = quoted[1] ?? quoted[2];
    return isInFlow && inner?.includes(',') ? undefined : inner;
  }
  if (text === '' || notPlain.test(text) || (isInFlow && /[[\]{}:]/.test(text))) {
    return undefined;
  }
  if (likeNumber.test(text)) {
    return parseNumber(text);
  }
  return likeWord.test(text) ? parseWord(text) : text;
}

function parseNumber(text: string): Scalar | undefined {
  if (number.test(text)) {
    return text === '-0' ? undefined : Number(text);
  }
  return day.test(text) ? text : undefined;
}

function parseWord(text: string): Scalar | undefined {
  const words: Record<string, Scalar> = { true: true, false: false, null: null };
  return words[text];
}
