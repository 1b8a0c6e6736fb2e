// The paragraphs and headings of a whole note, one after the other.

import { Pauses, type Steps } from '../../pace/steps.ts';
import { splitLines } from '../lines.ts';
import { BlockReader } from '../markdown/blocks.ts';
import type { Block, DefinedDestination, Definitions } from '../markdown/paragraph.ts';

/**
 * Tells of the blocks of text in `note`, in order, one at a time: a note of 5 MB may have a million. Gives what its links
 * by reference lead to, which is known only at its end; `onDefined` is told where that is written.
 */
export function* readBlocks(
  note: string,
  onBlock: (block: Block) => void,
  onDefined?: (defined: DefinedDestination) => void,
): Steps<Definitions> {
  const reader = new BlockReader(note, { onBlock, onDefined });
  const pauses = new Pauses();
  for (const { text, start } of splitLines(note, 0)) {
    reader.readLine(text, start);
    if (pauses.isDue(start)) {
      yield;
    }
  }
  return reader.finish();
}
