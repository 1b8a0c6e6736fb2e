// What blocks stand in (CommonMark, section 5): quotes and list items, and which lines go on with them.
import type { LineCursor } from './line-cursor.ts';

/** `mark` is the same for the items of one list: its bullet, or what follows its numbers. */
export type Container = { kind: 'quote' } | { kind: 'item'; columns: number; isEmpty: boolean; mark: string };

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
  const mark = listMark.exec(cursor.rest())?.[0].slice(-1) ?? '';
  const columns = takeListMark(cursor, isInParagraph);
  return columns === undefined ? undefined : { kind: 'item', columns, isEmpty: cursor.isBlank, mark };
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

/** What stands in no list and no quote. A table is a paragraph; a comment is Obsidian's. */
export type BlockKind =
  | 'paragraph'
  | 'heading'
  | 'break'
  | 'code'
  | 'fence'
  | 'html'
  | 'math'
  | 'comment'
  | 'quote'
  | 'list';

/** Told of the blocks at the top, as the line is read with which they begin. */
export interface TopListener {
  /** `mark` is a list's; an item of the list before begins it anew. */
  onStart(kind: BlockKind, mark?: string): void;
  /** The block that began last is a heading; `title` may have several lines. */
  onHeading(level: number, title: string): void;
}

/** Tells of the blocks that begin while no container is open. */
export class TopTeller {
  readonly #listener: TopListener | undefined;
  readonly #containers: readonly Container[];

  constructor(listener: TopListener | undefined, containers: readonly Container[]) {
    this.#listener = listener;
    this.#containers = containers;
  }

  start(kind: BlockKind): void {
    if (this.#containers.length === 0) {
      this.#listener?.onStart(kind);
    }
  }

  head(level: number, title: string): void {
    if (this.#containers.length === 0) {
      this.#listener?.onHeading(level, title);
    }
  }

  hide(): void {
    this.#listener?.onStart('comment');
  }

  /** The container that has just been opened. */
  enter(container: Container): void {
    if (this.#containers.length === 1) {
      this.#listener?.onStart(container.kind === 'quote' ? 'quote' : 'list', markOf(container));
    }
  }
}

const markOf = (container: Container): string => (container.kind === 'item' ? container.mark : '');
