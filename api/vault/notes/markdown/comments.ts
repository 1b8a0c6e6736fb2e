// Obsidian's comments: what stands between two `%%` is shown nowhere, within a line or over many.
import type { Places } from '../written/places.ts';

const sign = '%%';

export class Comments {
  readonly #note: string;
  /** Where the last comment ends. */
  #end = 0;
  /** Whether there is a sign left that could close one: one that is never closed is text. */
  #mayClose: boolean;
  /** Where the first sign stands that nothing closes. */
  unclosed: number | undefined;

  constructor(note: string) {
    this.#note = note;
    this.#mayClose = note.includes(sign);
  }

  /** Whether the line that starts at `start` begins in a comment. */
  holds(start: number): boolean {
    return start < this.#end;
  }

  /** Whether the line `text`, which starts at `start`, may have to do with a comment. */
  mayTouch(text: string, start: number): boolean {
    return this.holds(start) || (this.#mayClose && text.includes(sign));
  }

  /**
   * What is left of the line `text`, which starts at `start`, and in `places` from where; undefined where all of it is
   * comment.
   */
  hideIn(text: string, start: number, places?: Places): string | undefined {
    if (!this.mayTouch(text, start)) {
      places?.add(0, start);
      return text;
    }
    const searched = text.includes(sign) ? hideCode(text) : '';
    const shown: string[] = [];
    let length = 0;
    const show = (from: number, to?: number): void => {
      const part = text.slice(from, to);
      places?.add(length, start + from);
      length += part.length + 1;
      shown.push(part);
    };
    let at = Math.max(this.#end - start, 0);
    let hasComment = at > 0;
    for (
      let opened = this.#findOpening(searched, at);
      opened >= 0;
      opened = this.#findOpening(searched, at)
    ) {
      const end = this.#findClosing(start + opened + sign.length);
      if (end < 0) {
        this.unclosed ??= start + opened;
        break;
      }
      show(at, opened);
      hasComment = true;
      at = end - start;
    }
    show(at);
    const left = shown.join(' ');
    return hasComment && left.trim() === '' ? undefined : left;
  }

  #findOpening(line: string, from: number): number {
    return this.#mayClose ? line.indexOf(sign, from) : -1;
  }

  #findClosing(from: number): number {
    const found = this.#note.indexOf(sign, from);
    if (found < 0) {
      this.#mayClose = false;
      return -1;
    }
    this.#end = found + sign.length;
    return this.#end;
  }
}

/** The same line with other characters in place of its code. */
function hideCode(line: string): string {
  return line.replace(/`[^`]+`/g, (code) => 'x'.repeat(code.length));
}
