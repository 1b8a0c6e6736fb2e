// Fields written into the text of a note: `key:: value` on a line or in a list, `[key:: value]`, `(key:: value)`.

export type InlineField = readonly [name: string, value: string];

/** Characters: nobody could ask for a longer one (api/tools/scan.ts). */
const longestName = 200;
const nameText = /^[\u200d\p{L}\p{N}\p{Extended_Pictographic}\p{M} _/-]+$/u;
const task = /^\[.\] /u;
const emphasis = /[*_~]/;

/** The name that stands before `::`, as it is asked for; undefined where that is none. */
export function readFieldName(text: string): string | undefined {
  if (text.length > longestName) {
    return undefined;
  }
  const name = withoutEmphasis(text.trim());
  return nameText.test(name) && /[\p{L}\p{Extended_Pictographic}]/u.test(name)
    ? name.toLowerCase()
    : undefined;
}

function withoutEmphasis(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && emphasis.test(text.charAt(start))) {
    start += 1;
  }
  while (end > start && emphasis.test(text.charAt(end - 1))) {
    end -= 1;
  }
  return text.slice(start, end).trim();
}

/** Tells of the fields that have lines of `text` for themselves. */
export function readFieldLines(text: string, onField: (field: InlineField) => void): void {
  for (let colons = text.indexOf('::'); colons >= 0; ) {
    const found = text.indexOf('\n', colons);
    const end = found < 0 ? text.length : found;
    const line = text.slice(text.lastIndexOf('\n', colons) + 1, end);
    const field = readFieldLine(line.replace(task, ''));
    if (field !== undefined) {
      onField(field);
    }
    colons = text.indexOf('::', end);
  }
}

function readFieldLine(line: string): InlineField | undefined {
  const colons = line.indexOf('::');
  const name = colons < 0 ? undefined : readFieldName(line.slice(0, colons));
  const value = line.slice(colons + 2);
  // `std::vector` in the middle of a sentence is none.
  const isField = name !== undefined && (/^\s|^$/.test(value) || !name.includes(' '));
  return isField ? [name, value.trim()] : undefined;
}
