// The blocks of a note that hold text, in one pass over its lines (CommonMark, section 4 and 5, with Obsidian's comments
// and math): paragraphs and headings, without the marks around them. Code, HTML and math are left out.
// The room: Markdown as CommonMark and Obsidian read it. Not what a note makes of it: ../marks.ts.
import { readHeading } from '../lines.ts';
import { Places } from '../written/places.ts';
import { Comments } from './comments.ts';
import { type Container, goesOn, type TopListener, TopTeller, takeContainer } from './containers.ts';
import { LineCursor } from './line-cursor.ts';
import { type Block, type DefinedDestination, type Definitions, Paragraph } from './paragraph.ts';
import {
  endsOpaque,
  isPlain,
  isThematicBreak,
  mayStart,
  type Opaque,
  readOpaque,
  readUnderline,
} from './starts.ts';

export interface ReaderOptions {
  onBlock?: (block: Block) => void;
  /** Told where what a link by reference leads to is written; then blocks have their places. */
  onDefined?: ((defined: DefinedDestination) => void) | undefined;
  top?: TopListener;
  /** Takes math that is never closed for math all the same. */
  isMathOpen?: boolean;
}

type Leaf = Paragraph | { kind: 'code' } | Opaque;

interface Place {
  /** How many containers are open there. */
  open: number;
  isInParagraph: boolean;
  lineEnd: number;
}

/** Quotes and lists in each other: each line goes through all that are open. */
const deepest = 32;

export class BlockReader {
  readonly #note: string;
  readonly #comments: Comments;
  readonly #onBlock: ReaderOptions['onBlock'];
  readonly #top: TopTeller;
  readonly #definitions: Definitions = new Map();
  readonly #containers: Container[] = [];
  #leaf: Leaf | undefined;
  #isFirst = true;
  /** Where the last `$$` stands: math that is never closed is text. */
  readonly #lastMath: number;
  readonly #onDefined: ((defined: DefinedDestination) => void) | undefined;
  /** Of the line that is read. */
  #places: Places | undefined;

  constructor(note: string, { onBlock, onDefined, top, isMathOpen = false }: ReaderOptions) {
    this.#note = note;
    this.#onBlock = onBlock;
    this.#onDefined = onDefined;
    this.#top = new TopTeller(top, this.#containers);
    this.#comments = new Comments(note);
    this.#lastMath = isMathOpen ? Number.POSITIVE_INFINITY : note.lastIndexOf('$$');
  }

  /** Of what was read up to here: the code, HTML or math at the top that nothing has closed. */
  get openAtTop(): Opaque | undefined {
    const leaf = this.#containers.length === 0 ? this.#leaf : undefined;
    return leaf === undefined || leaf.kind === 'paragraph' || leaf.kind === 'code' ? undefined : leaf;
  }

  /** Where the first comment begins that nothing closes. */
  get unclosedComment(): number | undefined {
    return this.#comments.unclosed;
  }

  finish(): Definitions {
    this.#closeLeaf();
    return this.#definitions;
  }

  readLine(line: string, start: number): void {
    if (line === '' && this.#leaf === undefined && this.#containers.length === 0) {
      return;
    }
    if (isPlain(line) && this.#isOpenText && !this.#comments.mayTouch(line, start)) {
      this.#addLine(line, this.#onDefined && new Places().add(0, start), start);
      this.#isFirst = false;
      return;
    }
    const shown = this.#show(line, start);
    if (shown === undefined) {
      this.#top.hide();
      this.#isFirst = false;
      return;
    }
    const cursor = new LineCursor(shown);
    const isBlank = cursor.isBlank;
    const matched = this.#matchContainers(cursor);
    if (matched < this.#containers.length || !this.#goOn(cursor)) {
      this.#startBlocks(cursor, matched, start + line.length);
      this.#isFirst &&= isBlank;
    }
  }

  /** The line without its comments; undefined where it is nothing else. */
  #show(line: string, start: number): string | undefined {
    this.#places = this.#onDefined && new Places();
    if (this.#comments.mayTouch(line, start) && this.#mayHoldComments(line, start)) {
      return this.#comments.hideIn(line, start, this.#places);
    }
    this.#places?.add(0, start);
    return line;
  }

  /** Whether a plain line can only be text: it goes on with a paragraph, or starts one outside of lists and quotes. */
  get #isOpenText(): boolean {
    return this.#leaf === undefined ? this.#containers.length === 0 : this.#leaf.kind === 'paragraph';
  }

  /** In code and the like `%%` is what it is, unless the line leaves the list or quote that these are in. */
  #mayHoldComments(line: string, start: number): boolean {
    const kind = this.#leaf?.kind;
    const isIndented = this.#containers.length === 0 && /^(?: {4}| {0,3}\t)/.test(line);
    const isLeft = this.#matchContainers(new LineCursor(line)) < this.#containers.length;
    const isText = isLeft || kind === 'paragraph' || ((kind === undefined || kind === 'code') && !isIndented);
    return isText || this.#comments.holds(start);
  }

  /** How many of the open containers the line goes on with: the cursor is put after their marks. */
  #matchContainers(cursor: LineCursor): number {
    const missed = this.#containers.findIndex((container) => !goesOn(container, cursor));
    return missed < 0 ? this.#containers.length : missed;
  }

  /** Whether the line belongs to the code, HTML or math that is open. */
  #goOn(cursor: LineCursor): boolean {
    const leaf = this.#leaf;
    if (leaf === undefined || leaf.kind === 'paragraph') {
      return false;
    }
    if (leaf.kind === 'code') {
      if (cursor.indent >= 4 || cursor.isBlank) {
        return true;
      }
      this.#leaf = undefined;
      return false;
    }
    if (endsOpaque(leaf, cursor, false)) {
      this.#leaf = undefined;
    }
    return true;
  }

  #startBlocks(cursor: LineCursor, matched: number, lineEnd: number): void {
    const open = this.#startContainers(cursor, matched, lineEnd);
    if (open === undefined) {
      return;
    }
    if (cursor.indent >= 4 && !cursor.isBlank && this.#leaf?.kind !== 'paragraph') {
      this.#start(open, { kind: 'code' });
    } else {
      this.#addText(cursor, open);
    }
  }

  /** How many containers are open for what is left of the line; undefined where nothing is left. */
  #startContainers(cursor: LineCursor, matched: number, lineEnd: number): number | undefined {
    let open = matched;
    while (mayStart(cursor.text.charAt(cursor.next)) && cursor.indent < 4) {
      const isInParagraph = open === this.#containers.length && this.#leaf?.kind === 'paragraph';
      if (this.#startLeaf(cursor, { open, isInParagraph, lineEnd })) {
        return undefined;
      }
      const container = open < deepest ? takeContainer(cursor, isInParagraph) : undefined;
      if (container === undefined) {
        break;
      }
      this.#closeFrom(open);
      this.#containers.push(container);
      this.#top.enter(container);
      open += 1;
    }
    return open;
  }

  /** True where the line is wholly read. */
  #startLeaf(cursor: LineCursor, { open, isInParagraph, lineEnd }: Place): boolean {
    const line = cursor.rest();
    switch (line.charAt(0)) {
      case '#':
        return this.#startHeading(cursor, open);
      case '=':
        return isInParagraph && this.#underline(line);
      case '-':
      case '*':
      case '_':
        return (isInParagraph && this.#underline(line)) || this.#breakOff(line, open);
      default:
        return this.#startOpaque(cursor, open, this.#lastMath >= lineEnd);
    }
  }

  #startHeading(cursor: LineCursor, open: number): boolean {
    const line = cursor.rest();
    const heading = readHeading(line);
    if (heading !== undefined) {
      const { title, level } = heading;
      this.#closeFrom(open);
      this.#top.start('heading');
      this.#top.head(level, title);
      const places = this.#places?.after(cursor.next + line.indexOf(title, level));
      this.#addBlock({ text: title, level, isFirst: this.#isFirst, places });
    }
    return heading !== undefined;
  }

  #startOpaque(cursor: LineCursor, open: number, mayBeMath: boolean): boolean {
    const isInParagraph = this.#leaf?.kind === 'paragraph';
    const opaque = readOpaque(cursor.rest(), { isInParagraph, mayBeMath });
    if (opaque === undefined) {
      return false;
    }
    this.#start(open, opaque);
    this.#leaf = endsOpaque(opaque, cursor, true) ? undefined : opaque;
    return true;
  }

  #breakOff(line: string, open: number): boolean {
    const isBreak = isThematicBreak(line);
    if (isBreak) {
      this.#closeFrom(open);
      this.#top.start('break');
    }
    return isBreak;
  }

  #start(open: number, leaf: Leaf): void {
    this.#closeFrom(open);
    this.#top.start(leaf.kind);
    this.#leaf = leaf;
  }

  /** Makes a heading of the open paragraph, where the line is its underline and it holds more than definitions. */
  #underline(line: string): boolean {
    const level = readUnderline(line);
    if (level === undefined || this.#leaf?.kind !== 'paragraph') {
      return false;
    }
    const { isFirst } = this.#leaf;
    const { text, places } = this.#leaf.takeText(this.#definitions, this.#onDefined);
    if (text === '') {
      return false;
    }
    this.#leaf = undefined;
    this.#top.head(level, text.trim());
    this.#addBlock({ text: text.replaceAll('\n', ' ').trim(), level, isFirst, places });
    return true;
  }

  #addText(cursor: LineCursor, open: number): void {
    if (cursor.isBlank || this.#leaf?.kind !== 'paragraph') {
      this.#closeFrom(open);
    }
    if (!cursor.isBlank) {
      this.#addLine(cursor.rest(), this.#places?.after(cursor.next));
    }
  }

  #addLine(line: string, places: Places | undefined, start?: number): void {
    if (this.#leaf?.kind !== 'paragraph') {
      this.#top.start('paragraph');
      this.#leaf = new Paragraph(this.#note, this.#isFirst);
    }
    this.#leaf.add(line, start, places);
  }

  #closeFrom(open: number): void {
    this.#closeLeaf();
    this.#containers.length = Math.min(open, this.#containers.length);
  }

  #closeLeaf(): void {
    const leaf = this.#leaf;
    this.#leaf = undefined;
    if (leaf?.kind === 'paragraph') {
      const { isFirst } = leaf;
      this.#addBlock({ ...leaf.takeText(this.#definitions, this.#onDefined), level: 0, isFirst });
    }
  }

  #addBlock(block: Omit<Block, 'isAtTop'>): void {
    if (block.text !== '') {
      this.#onBlock?.({ ...block, isAtTop: this.#containers.length === 0 });
    }
  }
}
