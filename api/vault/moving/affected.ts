// Which notes have links that a move may break: found by the keys of their links, so that the work grows with what is
// affected and not with the vault.
import { kindOf } from '../documents/kind.ts';
import { type LinkKey, targetsOf } from '../naming/link-meaning.ts';
import { folderOf, nameOf } from '../notes/name.ts';
import type { Mending } from './mending.ts';
import type { AllNames, Moved } from './names-after.ts';

/** What the index knows of links. */
export interface KnownLinks extends AllNames {
  /** The notes that have a link with this target, whatever it means there. */
  linksTo(target: string): Iterable<{ id: string; near: number }>;
  /** The ids of the bases: what they name is no part of the index. */
  bases(): string[];
  /** The ids of those whose links it does not know, as reading them took too long. */
  unread(): string[];
}

/** The ids of the notes and canvases that have to be read for a move, in order; a step some look-ups. */
export function* findAffected(links: KnownLinks, moved: Moved, mending: Mending): Generator<void, string[]> {
  const affected = new Set([...links.unread(), ...links.bases()].filter(mayHaveLinks));
  const finder = new AffectedFinder(mending);
  for (const target of targetsOfAll(moved)) {
    const met = [...links.linksTo(target)].filter(({ id }) => !(affected.has(id) || moved.has(id)));
    for (const { id } of met.filter((link) => finder.mayBreak(link.id, { target, near: link.near }))) {
      affected.add(id);
    }
    yield;
  }
  // All that is moved and may have links: such a note may have been written a moment ago, and the index not know it yet.
  for (const id of [...moved.keys()].filter(mayHaveLinks)) {
    affected.add(id);
  }
  return [...affected].sort();
}

const mayHaveLinks = (id: string): boolean => ['note', 'canvas', 'base'].includes(kindOf(id) ?? '');

function targetsOfAll(moved: Moved): Set<string> {
  const targets = new Set<string>();
  for (const [before, after] of moved) {
    for (const target of [...targetsOf(before), ...targetsOf(after)]) {
      targets.add(target);
    }
  }
  return targets;
}

class AffectedFinder {
  readonly #mending: Mending;
  readonly #known = new Map<string, boolean>();

  constructor(mending: Mending) {
    this.#mending = mending;
  }

  mayBreak(id: string, key: LinkKey): boolean {
    const from = this.#mending.wayOf(id);
    const place = `${key.target}\n${key.near}\n${folderOf(from.before)}\n${folderOf(from.after)}`;
    const known = this.#known.get(place) ?? this.#mayBreak(from, key);
    this.#known.set(place, known);
    return known;
  }

  #mayBreak(from: { before: string; after: string }, key: LinkKey): boolean {
    const before = this.#mending.before.followToFile(folderOf(from.before), key);
    if (before === undefined) {
      return false;
    }
    const to = this.#mending.wayOf(before);
    return (
      this.#isWritten(to, key) || this.#mending.after.followToFile(folderOf(from.after), key) !== to.after
    );
  }

  /** Whether what is moved is, by this key, maybe called by more than the name that it keeps. */
  #isWritten(to: { before: string; after: string }, { target, near }: LinkKey): boolean {
    const hasMoved = to.before !== to.after;
    const keepsName = nameOf(to.before) === nameOf(to.after);
    return hasMoved && (!keepsName || near === 1 || target.includes('/') || this.#mending.asPaths);
  }
}
