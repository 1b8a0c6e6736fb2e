// What becomes of each link of one note when things are moved: what it means before and after, and how it is written so
// that it means the same.
// The room: moving notes and folders so that every link leads where it led. Not what a link means: naming/; not where it
// stands in a note: notes/written/; not the disk: changes/.
import { findWrittenLinks } from '../documents/written-links.ts';
import { keyOfLink, LinkMeanings, rangeOf } from '../naming/link-meaning.ts';
import { unescapeText } from '../notes/markdown/link-parts.ts';
import { type NoteLink, readDestinationTarget, readWikiTarget } from '../notes/markdown/link-target.ts';
import { folderOf, foldName, withoutExtension } from '../notes/name.ts';
import type { WrittenLink } from '../notes/written/text-links.ts';
import { type LinkChange, writeLinks } from '../notes/written/write-links.ts';
import type { Steps } from '../pace/steps.ts';
import { type DestinationBefore, encodesAll, writeDestination } from './destination.ts';
import { isRelativeTo, type PathForm, readLinkPath, readPathForm, type Way, writePath } from './link-path.ts';
import { type AllNames, type Moved, NamesAfter } from './names-after.ts';

export interface MendingOptions {
  names: AllNames;
  moved: Moved;
  /**
   * A link that is mended is written as a path though its name would do: whether it would tells what other names there are
   * in the vault, which not everybody may know.
   */
  asPaths: boolean;
}

/** A link that can't be written so that it leads to where it will have to; the note can't be mended. */
export class LinkUnsayable extends Error {
  override readonly name = 'LinkUnsayable';
}

const keyOf = (path: string): string => foldName(withoutExtension(path));

/** The note that a link stands in, and how Markdown links in it are written. */
type From = Way & Pick<DestinationBefore, 'mayEncodeAll'>;

/** Of a link. */
interface Ends {
  from: From;
  to: Way;
}

export class Mending {
  readonly before: LinkMeanings;
  readonly after: LinkMeanings;
  readonly asPaths: boolean;
  readonly #namesAfter: NamesAfter;
  readonly #moved: Moved;

  constructor({ names, moved, asPaths }: MendingOptions) {
    this.#namesAfter = new NamesAfter(names, moved);
    this.#moved = moved;
    this.asPaths = asPaths;
    this.before = new LinkMeanings(names);
    this.after = new LinkMeanings(this.#namesAfter);
  }

  wayOf(id: string): Way {
    return { before: id, after: this.#moved.get(id) ?? id };
  }

  /** The text of the note or canvas `id` with its links mended; the same text where none has to be. Throws LinkUnsayable. */
  *mend(text: string, id: string): Steps<string> {
    const from = this.wayOf(id);
    const links = yield* findWrittenLinks(text, id);
    const mayEncodeAll = links.some(
      ({ form, path, isAngled }) => form === 'destination' && !isAngled && encodesAll(path) === true,
    );
    const paths = yield* this.#mendLinks(links, { ...from, mayEncodeAll });
    const changes = links.flatMap((link, index): LinkChange[] => {
      const path = paths[index];
      return path === undefined ? [] : [{ link, path }];
    });
    if (changes.length === 0) {
      return text;
    }
    const mended = writeLinks(text, changes);
    // A new name may be more than a name where it comes to stand, as with a sign of math: then it is not written.
    const written = yield* findWrittenLinks(mended, from.after);
    const isAsMeant = links.every((link, index) => written[index]?.path === (paths[index] ?? link.path));
    if (written.length !== links.length || !isAsMeant) {
      throw new LinkUnsayable();
    }
    return mended;
  }

  *#mendLinks(links: readonly WrittenLink[], from: From): Steps<Array<string | undefined>> {
    // A large note has the same few links again and again.
    const known = new Map<string, string | undefined>();
    const paths: Array<string | undefined> = [];
    for (const link of links) {
      const key = JSON.stringify([link.form, link.isAngled, link.path, link.link]);
      if (!known.has(key)) {
        known.set(key, this.#mendLink(link, from));
        yield;
      }
      paths.push(known.get(key));
    }
    return paths;
  }

  /** The path to be written in a link; undefined where it stays as it is. */
  #mendLink(link: WrittenLink, from: From): string | undefined {
    const to = this.#findWay(link, from);
    if (to === undefined) {
      return undefined;
    }
    const form = readPathForm(link, from.before, to.before);
    const path = this.#isGood(link, form, { from, to })
      ? this.#respell(link, form, { from, to })
      : this.#rewrite(link, form, { from, to });
    return path === link.path ? undefined : path;
  }

  /** Throws LinkUnsayable. */
  #rewrite(link: WrittenLink, form: PathForm, { from, to }: Ends): string {
    for (const candidate of this.#listForms(form)) {
      const path = writePath(candidate, readLinkPath(link), from.after, to.after);
      const written = write(link, path, from);
      if (this.#leadsTo(link, written, { from, to }) && this.#isClear(candidate, path, { from, to })) {
        return written;
      }
    }
    throw new LinkUnsayable();
  }

  #findWay({ link }: WrittenLink, from: Way): Way | undefined {
    const before = this.before.followToFile(folderOf(from.before), keyOfLink(link));
    return before === undefined ? undefined : this.wayOf(before);
  }

  /** Whether a link that stays as it is leads there, and no less plainly than before. */
  #isGood(link: WrittenLink, form: PathForm, { from, to }: Ends): boolean {
    if (!this.#leadsTo(link, link.path, { from, to })) {
      return false;
    }
    const path = readLinkPath(link);
    switch (form.kind) {
      case 'relative':
        return isRelativeTo(from.after, path, to.after);
      case 'whole':
        return keyOf(path.replace(/^\//, '')) === keyOf(to.after);
      default:
        return !(this.asPaths && hasMoved(to));
    }
  }

  // Where case is all that changes, a link that had the right one gets the right one; and a way that goes up only because
  // the note lay elsewhere is as short again as it was before that.
  #respell(link: WrittenLink, form: PathForm, { from, to }: Ends): string | undefined {
    const path = readLinkPath(link);
    const isMoved = hasMoved(to) || (form.kind === 'relative' && hasMoved(from));
    const wasRight = isMoved && path === writePath(form, path, from.before, to.before);
    const right = writePath(form, path, from.after, to.after);
    if (!wasRight || right === path) {
      return undefined;
    }
    const written = write(link, right, from);
    return this.#leadsTo(link, written, { from, to }) ? written : undefined;
  }

  #listForms(form: PathForm): PathForm[] {
    const isHidden = this.asPaths && form.kind === 'end';
    return [
      ...(isHidden ? [] : [form]),
      { kind: 'whole', slash: false },
      { kind: 'whole', slash: true },
      { kind: 'relative', prefix: true },
    ];
  }

  /** Whether the link, with `path` in it, leads there after the move. */
  #leadsTo({ form }: WrittenLink, path: string, { from, to }: Ends): boolean {
    const link = readLink(form, path, from.after);
    return link !== undefined && this.after.followToFile(folderOf(from.after), keyOfLink(link)) === to.after;
  }

  /**
   * False for the end of a path that several have, unless it is the whole path of what is meant, or that lies beside the
   * note: the shortest of several paths is meant only until there is a shorter one.
   */
  #isClear({ kind }: PathForm, path: string, { from, to }: Ends): boolean {
    return (
      kind !== 'end' ||
      keyOf(path) === keyOf(to.after) ||
      folderOf(from.after) === folderOf(to.after) ||
      countFitting(this.#namesAfter, path) <= 1
    );
  }
}

const write = ({ form, path, isAngled }: WrittenLink, to: string, { mayEncodeAll }: From): string =>
  form === 'destination' ? writeDestination(to, { path, isAngled, mayEncodeAll }) : to;

const hasMoved = ({ before, after }: Way): boolean => before !== after;

const countFitting = (names: Pick<AllNames, 'fitting'>, path: string): number =>
  names.fitting(rangeOf(keyOf(path))).length;

/** What such a path in a link of the note `id` leads to; undefined where it can't be written there. */
function readLink(form: WrittenLink['form'], path: string, id: string): NoteLink | undefined {
  switch (form) {
    case 'wiki':
      return /[#^[\]|\n]|^\s|\s$/.test(path) ? undefined : readWikiTarget(path, id);
    case 'destination':
      return readDestinationTarget(unescapeText(path), id);
    default:
      return { target: `/${withoutExtension(path)}`, written: path };
  }
}
