// A note as an answer can hold it: whole, or a part that says how to read on. What follows has an id of its own.

import { VaultRefusal } from '../vault/errors.ts';
import type { Note, Vault } from '../vault/vault.ts';
import { countJsonBytes, findCut, largestAnswer, largestText, shortenTitle, takeFirst } from './size.ts';
import type { Turns } from './turns.ts';

/** Where notes are read from, one by one. */
export interface NoteSource {
  vault: Pick<Vault, 'readNote'>;
  turns: Turns;
}

export interface NotePart extends Omit<Note, 'links' | 'backlinks' | 'missing'> {
  links: readonly string[];
  backlinks: readonly string[];
  missing: readonly string[];
  /** False where it was asked for from some character on: then only the text is given again. */
  isWhole: boolean;
  /** The id of what follows, where something does. */
  next?: string;
}

/** Of the front matter, of all links and of all tags: far more than a note has that a person wrote. */
const mostMetadata = { frontMatter: 262_144, list: 65_536 };
/** Ids, addresses and titles beside the text, once more with the names of what they are. */
const roomForNames = 65_536;

/**
 * Reads what `id` names: a note, or with `?from=4000` behind it what follows the first 4,000 characters of one.
 * Undefined where there is no such note. Throws VaultAway, and VaultRefusal for a part beyond its end.
 */
export function readNotePart({ vault, turns }: NoteSource, id: string): Promise<NotePart | undefined> {
  const [, noteId = id, from] = /^(.+\.(?:md|markdown))\?from=(\d{1,9})$/is.exec(id) ?? [];
  return turns.take(async () => {
    const found = await vault.readNote(noteId);
    if (found === undefined) return undefined;
    const note = { ...found, title: shortenTitle(found.title) };
    return from === undefined ? beginningOf(note) : partOf(note, Number(from));
  });
}

/** The id of what follows. */
export function createPartId(id: string, from: number): string {
  return `${id}?from=${from}`;
}

function beginningOf(note: Note): NotePart {
  const { text, ...rest } = boundMetadata(note);
  return cut({ ...rest, text }, 0, largestAnswer - roomForNames - countJsonBytes(rest));
}

function partOf(note: Note, from: number): NotePart {
  if (from > note.text.length) {
    throw new VaultRefusal('invalid', `The note has ${note.text.length} characters: none from ${from} on.`);
  }
  const bare = { frontMatter: {}, tags: [], links: [], backlinks: [], missing: [], warnings: [] };
  return cut({ ...note, ...bare, isWhole: false }, from, largestText - roomForNames);
}

function cut(part: NotePart, from: number, most: number): NotePart {
  const { id, text } = part;
  const end = findCut(text, from, most);
  if (from === 0 && end === text.length) return part;
  // A slice would keep all of the note in memory for as long as it is itself.
  const shown = Buffer.from(text.slice(from, end)).toString();
  const next = end < text.length ? createPartId(id, end) : undefined;
  const place = `Only characters ${from} to ${end} of ${text.length} are shown here`;
  const warning = next === undefined ? `${place}: the end of the note.` : `${place}; ${explainNext(next)}`;
  return {
    ...part,
    text: shown,
    warnings: [...part.warnings, warning],
    ...(next === undefined ? {} : { next }),
  };
}

function explainNext(next: string): string {
  return `fetch ${JSON.stringify(next)} for what follows. To change the note use append_to_note or edit_note: replace_note would lose what is not shown.`;
}

function boundMetadata(note: Note): NotePart {
  const warnings = [...note.warnings];
  const first = (name: 'tags' | 'links' | 'backlinks' | 'missing'): readonly string[] => {
    const all = note[name];
    const taken = takeFirst(all, mostMetadata.list);
    const what = name === 'missing' ? 'links to nothing' : name;
    if (taken.length < all.length) warnings.push(`Only ${taken.length} of ${all.length} ${what} are named.`);
    return taken;
  };
  const isSmall = countJsonBytes(note.frontMatter, mostMetadata.frontMatter) <= mostMetadata.frontMatter;
  if (!isSmall) warnings.push('The front matter is too large to be shown.');
  const [tags, links, backlinks] = [first('tags'), first('links'), first('backlinks')];
  const missing = first('missing');
  const frontMatter = isSmall ? note.frontMatter : {};
  return { ...note, frontMatter, tags: [...tags], links, backlinks, missing, warnings, isWhole: true };
}
