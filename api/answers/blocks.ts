// The block of a note that Obsidian's `^id` names, as a part that can be read.
import { findMarkedBlock } from '../vault/notes/parts/block-ids.ts';
import type { Steps } from '../vault/pace/steps.ts';
import { MissingPart, type Stretch } from './missing-part.ts';
import { shortenTitle } from './size.ts';

/** The block with the mark `^name`, its mark included. Throws MissingPart. */
export function* findBlock(text: string, name: string): Steps<Stretch> {
  const found = yield* findMarkedBlock(text, name);
  if ('from' in found) return { from: found.from, to: found.to };
  throw new MissingPart('block', `^${shortenTitle(name)}`, found.others, found.count);
}
