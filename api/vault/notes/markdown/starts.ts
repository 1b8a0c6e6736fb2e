// What the beginning of a line starts (CommonMark, section 4), for a line without the marks of what is around it, and
// where that ends which is no text: code, HTML, math.
import { findHtmlEnd, type HtmlEnd } from './html.ts';
import type { LineCursor } from './line-cursor.ts';

const thematicBreak = /^(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$/;
const underline = /^(=+|-+)[ \t]*$/;
const fence = /^(`{3,}(?=[^`]*$)|~{3,})/;
const fenceEnd = /^(`{3,}|~{3,})[ \t]*$/;

const firstMark = /[#=`~<$>*_+\-\d]/;

/** Whether what begins with this character may be more than text. */
export const mayStart = (first: string): boolean => firstMark.test(first);

/** Whether it begins with a letter: no mark of Markdown does. */
export function isPlain(line: string): boolean {
  const first = line.charCodeAt(0) | 32;
  return (first >= 97 && first <= 122) || first >= 256;
}

export const isThematicBreak = (line: string): boolean => thematicBreak.test(line);

/** The level of the heading that a line below its text makes of it. */
export function readUnderline(line: string): number | undefined {
  const mark = underline.exec(line)?.[1];
  if (mark === undefined) {
    return undefined;
  }
  return mark.startsWith('=') ? 1 : 2;
}

/** Lines in which nothing is Markdown, until one that ends them. */
export type Opaque = { kind: 'fence'; mark: string } | { kind: 'html'; end: HtmlEnd } | { kind: 'math' };

/** What of this kind the line starts. Math that is not closed further on (`mayBeMath`) is text. */
export function readOpaque(
  line: string,
  { isInParagraph, mayBeMath }: { isInParagraph: boolean; mayBeMath: boolean },
): Opaque | undefined {
  if (line.startsWith('<')) {
    const end = findHtmlEnd(line, isInParagraph);
    return end === undefined ? undefined : { kind: 'html', end };
  }
  if (line.startsWith('$')) {
    const isOpen = mayBeMath && line.startsWith('$$') && !line.includes('$$', 2);
    return isOpen ? { kind: 'math' } : undefined;
  }
  const mark = fence.exec(line)?.[1];
  return mark === undefined ? undefined : { kind: 'fence', mark };
}

/** Whether what is open ends with this line; `isFirst`: it began with it. */
export function endsOpaque(opaque: Opaque, cursor: LineCursor, isFirst: boolean): boolean {
  const line = cursor.rest();
  if (opaque.kind === 'html') {
    return opaque.end === 'blank line' ? cursor.isBlank : opaque.end.test(line);
  }
  if (isFirst) {
    return false;
  }
  if (opaque.kind === 'math') {
    return line.includes('$$');
  }
  return cursor.indent < 4 && (fenceEnd.exec(line)?.[1]?.startsWith(opaque.mark) ?? false);
}
