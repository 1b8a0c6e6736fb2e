// Prints rows as a table on the terminal; what strangers chose to be called can't move the cursor.

/** All rows have the first one's columns. Control and direction characters in values are shown as �. */
export function printTable(rows: readonly Readonly<Record<string, string>>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => printable(row[column] ?? '')))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  for (const row of cells) {
    console.log(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '�').slice(0, 60);
}
