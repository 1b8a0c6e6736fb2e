// The cells of tables (GitHub Flavored Markdown, section 4.10): each is a text of its own, in which a pipe is written `\|`.

const delimiters = /^[ \t]*[|:-][ \t|:-]*$/;

/** A paragraph as the texts that it consists of: itself, or around the cells of a table what is before it. */
export function splitTable(paragraph: string): string[] {
  if (!paragraph.includes('|') || !paragraph.includes('-')) {
    return [paragraph];
  }
  const lines = paragraph.split('\n');
  const second = lines.findIndex(
    (line, index) => index > 0 && isDelimiterRow(line) && lines[index - 1]?.includes('|'),
  );
  if (second < 0) {
    return [paragraph];
  }
  const before = lines.slice(0, second - 1).join('\n');
  const rows = [...lines.slice(second - 1, second), ...lines.slice(second + 1)];
  return [before, ...rows.flatMap(splitRow)];
}

const isDelimiterRow = (line: string): boolean =>
  delimiters.test(line) && line.includes('-') && line.includes('|');

// A pipe in a wiki link is meant as the link's own, though Obsidian writes it with a backslash there.
function splitRow(row: string): string[] {
  const cells = row.match(/(?:\\.|\[\[[^[\]]*\]\]|[^\\|])+/g) ?? [];
  return cells.map((cell) => cell.replaceAll('\\|', '|').trim());
}
