// What blocks stand in (CommonMark, section 5): quotes and list items, and which lines go on with them.
import type { LineCursor } from './line-cursor.ts';

export type Container = { kind: 'quote' } | { kind: 'item'; columns: number; isEmpty: boolean };

const listMark = /^(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)/;

/** Whether the line goes on with a container that is open: then the cursor is put after its marks. */
export function goesOn(container: Container, cursor: LineCursor): boolean {
  if (container.kind === 'quote') {
    return takeQuoteMark(cursor);
  }
  if (cursor.isBlank) {
    // An item that begins with a blank line ends with a second one.
    return !container.isEmpty;
  }
  if (cursor.indent < container.columns) {
    return false;
  }
  cursor.skipColumns(container.columns);
  container.isEmpty = false;
  return true;
}

/** The container that starts here: the cursor is put after its marks. */
export function takeContainer(cursor: LineCursor, isInParagraph: boolean): Container | undefined {
  if (takeQuoteMark(cursor)) {
    return { kind: 'quote' };
  }
  const columns = takeListMark(cursor, isInParagraph);
  return columns === undefined ? undefined : { kind: 'item', columns, isEmpty: cursor.isBlank };
}

function takeQuoteMark(cursor: LineCursor): boolean {
  if (cursor.indent >= 4 || cursor.text.charAt(cursor.next) !== '>') {
    return false;
  }
  cursor.skipMark(1);
  cursor.skipColumns(1);
  return true;
}

/**
 * The columns that the content of a list item is indented by. A paragraph is interrupted by an item that has content, and
 * by a number only if it is 1.
 */
function takeListMark(cursor: LineCursor, isInParagraph: boolean): number | undefined {
  const rest = cursor.rest();
  const found = listMark.exec(rest);
  if (found === null) {
    return undefined;
  }
  const [mark, number = '1'] = found;
  const isEmpty = rest.slice(mark.length).trim() === '';
  if (isInParagraph && (isEmpty || Number(number) !== 1)) {
    return undefined;
  }
  const before = cursor.indent + mark.length;
  cursor.skipMark(mark.length);
  // Five columns or more are one, and the rest of them makes indented code.
  const after = isEmpty || cursor.indent > 4 ? 1 : cursor.indent;
  cursor.skipColumns(after);
  return before + after;
}
