// The cells of tables (GitHub Flavored Markdown, section 4.10): each is a text of its own, in which a pipe is written `\|`.

const delimiters = /^[ \t]*[|:-][ \t|:-]*$/;

/** A text in a paragraph, and what it is made of: from `start` on `raw`, with a backslash before each pipe. */
export interface TableText {
  text: string;
  start: number;
  raw: string;
}

/** A paragraph as the texts that it consists of: itself, or around the cells of a table what is before it. */
export function* splitTable(paragraph: string): Generator<TableText> {
  const table = paragraph.includes('|') && paragraph.includes('-') ? findTable(paragraph) : undefined;
  if (table === undefined) {
    yield { text: paragraph, start: 0, raw: paragraph };
    return;
  }
  const before = paragraph.slice(0, table.header);
  yield { text: before, start: 0, raw: before };
  yield* splitRow(paragraph.slice(table.header, table.delimiters), table.header);
  for (const { line, start } of splitLines(paragraph, table.rows)) {
    yield* splitRow(line, start);
  }
}

interface Table {
  /** Where the row of its header starts, that of its delimiters, and the first below. */
  header: number;
  delimiters: number;
  rows: number;
  cells: number;
}

/** The table in a paragraph, if there is one. */
export function findTable(paragraph: string): Table | undefined {
  let before = { line: '', start: 0 };
  for (const { line, start, end } of splitLines(paragraph, 0)) {
    if (start > 0 && before.line.includes('|') && isDelimiterRow(line)) {
      return { header: before.start, delimiters: start, rows: end, cells: countCells(before.line) };
    }
    before = { line, start };
  }
  return undefined;
}

/** Whether a line is meant as a row of the table: with a pipe at its start, or as many cells. */
export function isRowOf({ cells }: Table, line: string): boolean {
  return line.trimStart().startsWith('|') || (cells > 1 && countCells(line) === cells);
}

// The pipes at both ends are for the looks.
function countCells(row: string): number {
  const cells = [...row.trim().matchAll(/\\.|\|/g)].filter(([sign]) => sign === '|').length + 1;
  return cells - (row.trimStart().startsWith('|') ? 1 : 0) - (/[^\\]\|$/.test(row.trimEnd()) ? 1 : 0);
}

function* splitLines(text: string, from: number): Generator<{ line: string; start: number; end: number }> {
  for (let start = from; start < text.length; ) {
    const found = text.indexOf('\n', start);
    const line = text.slice(start, found < 0 ? text.length : found);
    const end = found < 0 ? text.length : found + 1;
    yield { line, start, end };
    start = end;
  }
}

const isDelimiterRow = (line: string): boolean =>
  delimiters.test(line) && line.includes('-') && line.includes('|');

// A pipe in a wiki link is meant as the link's own, though Obsidian writes it with a backslash there.
function* splitRow(row: string, start: number): Generator<TableText> {
  for (const { 0: cell, index } of row.matchAll(/(?:\\.|\[\[[^[\]]*\]\]|[^\\|])+/g)) {
    const indent = cell.length - cell.trimStart().length;
    const raw = cell.slice(indent);
    yield { text: raw.replaceAll('\\|', '|').trimEnd(), start: start + index + indent, raw };
  }
}
