// A long text part by part, for what a pattern would otherwise go through at once.
import type { Steps } from './steps.ts';

/** Characters, or a few more: a fraction of a millisecond for a pattern. */
const longEnough = 16_384;
/** What no run of spaces, no `\r\n` and no letter of several characters goes on with. */
const beginning = /[^\s\p{M}\u1161-\u1175\u11a8-\u11c2\udc00-\udfff]/gu;

/** The parts of `text`, in order: none ends within a letter or within spaces. Pauses between two of them. */
export function* takeStretches(
  text: string,
  onStretch: (stretch: string, start: number) => void,
): Steps<void> {
  for (let start = 0; start < text.length; ) {
    const end = endOfStretch(text, start + longEnough);
    onStretch(text.slice(start, end), start);
    start = end;
    if (start < text.length) {
      yield;
    }
  }
}

function endOfStretch(text: string, atLeast: number): number {
  if (atLeast >= text.length) {
    return text.length;
  }
  // Not in the middle of a pair of surrogates: with `u`, the pattern begins before it otherwise.
  beginning.lastIndex = isLowSurrogate(text.charCodeAt(atLeast)) ? atLeast + 1 : atLeast;
  return beginning.exec(text)?.index ?? text.length;
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** As `replaceAll`, where no match goes on behind the beginning of a letter. */
export function* replaceInStretches(text: string, pattern: RegExp, by: string): Steps<string> {
  const parts: string[] = [];
  yield* takeStretches(text, (stretch) => parts.push(stretch.replace(pattern, by)));
  return parts.join('');
}
