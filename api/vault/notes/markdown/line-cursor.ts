// A place in one line of Markdown, counted in columns: a tab stands for as many as are left to the next multiple of four
// (CommonMark, section 2.2), and the marks around a block may take a part of it.

const tab = 9;
const space = 32;

export class LineCursor {
  readonly text: string;
  /** Of what comes next, in characters. */
  at = 0;
  #column = 0;
  /** The first character that is neither a space nor a tab. */
  next = 0;
  #nextColumn = 0;

  constructor(text: string) {
    this.text = text;
    this.#findNext();
  }

  /** The columns up to the next character that shows. */
  get indent(): number {
    return this.#nextColumn - this.#column;
  }

  get isBlank(): boolean {
    return this.next >= this.text.length;
  }

  /** What is left, without the spaces before it. */
  rest(): string {
    return this.next === 0 ? this.text : this.text.slice(this.next);
  }

  /** Past `columns` of the spaces and tabs that come next; not further than they go. */
  skipColumns(columns: number): void {
    const end = Math.min(this.#column + columns, this.#nextColumn);
    while (this.#column < end) {
      const width = this.text.charCodeAt(this.at) === tab ? 4 - (this.#column % 4) : 1;
      if (this.#column + width > end) {
        // A part of a tab: the rest of it is still there.
        this.#column = end;
        return;
      }
      this.#column += width;
      this.at += 1;
    }
  }

  /** Past the spaces, and `characters` after them. */
  skipMark(characters: number): void {
    this.at = this.next + characters;
    this.#column = this.#nextColumn + characters;
    this.#findNext();
  }

  #findNext(): void {
    let at = this.at;
    let column = this.#column;
    for (let unit = this.text.charCodeAt(at); unit === space || unit === tab; ) {
      column += unit === tab ? 4 - (column % 4) : 1;
      at += 1;
      unit = this.text.charCodeAt(at);
    }
    this.next = at;
    this.#nextColumn = column;
  }
}
