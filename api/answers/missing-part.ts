// Why a part of a note can't be read: it has none of that name. What it has is named.
import { VaultRefusal } from '../vault/errors.ts';
import { listSome } from '../vault/naming/list-some.ts';

/** A heading or block that the note doesn't have; `others` are the first of the `count` that it has. */
export class MissingPart extends VaultRefusal {
  override readonly name = 'MissingPart';
  constructor(kind: 'heading' | 'block', name: string, others: readonly string[], count = others.length) {
    const has = count === 0 ? `It has no ${kind}s.` : `It has ${listSome(others, count)}.`;
    super('missing', `There is no ${kind} ${JSON.stringify(name)} in this note. ${has}`);
  }
}

/** A stretch of a note's text, in UTF-16 units. */
export interface Stretch {
  from: number;
  to: number;
}
