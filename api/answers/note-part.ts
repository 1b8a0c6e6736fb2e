// A note as an answer can hold it: whole, or a part that says how to read on. What follows has an id of its own.
// The room: how much an answer may hold. Not what is in it: tools/, mcp/; not how it goes out: http/.

import type { Turns } from '../sharing/turns.ts';
import type { Image } from '../vault/documents/image.ts';
import { VaultRefusal } from '../vault/errors.ts';
import { type Steps, takeInSlices } from '../vault/pace/steps.ts';
import type { Note, Vault } from '../vault/vault.ts';
import { findBlock } from './blocks.ts';
import { createStretchId, findNamedSection, type Outline, type OutlineEntry, outlineOf } from './headings.ts';
import { boundFrontMatter, boundList } from './metadata.ts';
import type { Stretch } from './missing-part.ts';
import { copyText, countJson, countText, findCut, largestAnswer, shortenTitle } from './size.ts';

/** Where notes are read from, one by one. */
export interface NoteSource {
  vault: Pick<Vault, 'readNote' | 'findNote'>;
  turns: Turns;
}

export interface NotePart {
  id: string;
  path: string;
  kind: Note['kind'];
  title: string;
  text: string;
  /** Of an image. It goes out beside the text, within a bound of its own. */
  image?: Image;
  revision: string;
  /** The id of the note that this is a copy of. */
  conflictOf?: string;
  /** Only where the note was asked for from its beginning. */
  about?: AboutNote;
  /** Sentences for the reader: why the text is empty or ends early, what is shown in part. */
  warnings: string[];
  /** Where not all is shown of what was asked for: its headings. */
  outline?: OutlineEntry[];
  /** The id of what follows, where something does. */
  next?: string;
}

type AboutNote = Pick<
  Note,
  'frontMatter' | 'tags' | 'links' | 'backlinks' | 'missing' | 'createdAt' | 'modifiedAt'
>;

/** Characters of JSON for the names of what an answer has, times and a revision. */
const roomForNames = 1_000;
/** Of the room for what is said about a note whose text does not fit, so much is for each. */
const shares = { frontMatter: 0.32, tags: 0.04, links: 0.17, backlinks: 0.17, missing: 0.1, outline: 0.2 };
/** Of an answer, for the text of a note that has more of it. */
const shareOfText = 0.32;
/** Of a part's text: where a line ends in it, nothing is cut off in the middle of one. */
const shareOfLastLine = 0.25;

/**
 * Reads what `given` names: a note or another file by whatever names it (Vault.findNote), a section or block of one, or a stretch of its
 * text such as `Note.md?from=4000`. Undefined where there is no such note. Throws VaultAway, and VaultRefusal for a part
 * that isn't there or a name that several notes have.
 */
export function readNotePart(source: NoteSource, given: string): Promise<NotePart | undefined> {
  const [, name, from, to] = /^(.+)\?from=(\d{1,9})(?:&to=(\d{1,9}))?$/s.exec(given) ?? [];
  return source.turns.take(async () => {
    const stretched = name === undefined ? undefined : await findNote(source, name);
    if (stretched)
      return takeInSlices(stretchOf(stretched.note, Number(from), to === undefined ? undefined : Number(to)));
    const found = await findNote(source, given);
    return found && takeInSlices(partOf(found.note, found.part.trim()));
  });
}

async function findNote(
  { vault }: NoteSource,
  given: string,
): Promise<{ note: Note; part: string } | undefined> {
  const found = await vault.findNote(given);
  const note = found && (await vault.readNote(found.id));
  return note && { note, part: found.part };
}

function* partOf(note: Note, part: string): Steps<NotePart> {
  if (part === '') return yield* beginningOf(note);
  return yield* part.startsWith('^') ? blockOf(note, part.slice(1)) : sectionOf(note, part);
}

function* beginningOf(note: Note): Steps<NotePart> {
  const { frontMatter, tags, links, backlinks, missing, createdAt, modifiedAt, text } = note;
  const about = { frontMatter, tags, links, backlinks, missing, createdAt, modifiedAt };
  const whole = { ...nameOf(note), text, about };
  const all = largestAnswer - roomFor(note) - countJson(note.warnings);
  const length = countText(text, all);
  if (length + countJson(about, all) <= all) return whole;
  const room = all - Math.min(length, all * shareOfText);
  const bounded = boundAbout(about, room);
  const part = { ...whole, about: bounded.value, warnings: [...note.warnings, ...bounded.warnings] };
  return yield* cut(part, note, { from: 0, to: text.length }, room * shares.outline);
}

function boundAbout(about: AboutNote, room: number): { value: AboutNote; warnings: string[] } {
  const frontMatter = boundFrontMatter(about.frontMatter, room * shares.frontMatter);
  const list = (name: 'tags' | 'links' | 'backlinks' | 'missing') =>
    boundList(name === 'missing' ? 'links to nothing' : name, about[name], room * shares[name]);
  const [tags, links, backlinks, missing] = [list('tags'), list('links'), list('backlinks'), list('missing')];
  return {
    value: {
      ...about,
      frontMatter: frontMatter.value,
      tags: tags.value,
      links: links.value,
      backlinks: backlinks.value,
      missing: missing.value,
    },
    warnings: [frontMatter, tags, links, backlinks, missing].flatMap(({ warnings }) => warnings),
  };
}

function* stretchOf(note: Note, from: number, to = note.text.length): Steps<NotePart> {
  const { length } = note.text;
  if (from > length || to < from) {
    throw new VaultRefusal('invalid', `The note has ${length} characters: none from ${from} on.`);
  }
  const part = { ...nameOf(note), warnings: [], text: note.text };
  return yield* cut(part, note, { from, to: Math.min(to, length) }, 0);
}

function* sectionOf(note: Note, name: string): Steps<NotePart> {
  const { others, ...section } = yield* findNamedSection(note.id, note.text, name);
  const ids = others.map((id) => JSON.stringify(id)).join(', ');
  const warnings = ids === '' ? [] : [`This is the first of the headings of this name; others: ${ids}.`];
  const most = (largestAnswer - roomFor(note)) * (1 - shareOfText) * shares.outline;
  return yield* cut({ ...nameOf(note), warnings, text: note.text }, note, section, most);
}

function* blockOf(note: Note, name: string): Steps<NotePart> {
  const block = yield* findBlock(note.text, name);
  return yield* cut({ ...nameOf(note), warnings: [], text: note.text }, note, block, 0);
}

const noOutline: Outline = { entries: [], count: 0 };

type Named = Pick<
  NotePart,
  'id' | 'path' | 'kind' | 'title' | 'image' | 'revision' | 'warnings' | 'conflictOf'
>;

function nameOf({ id, path, kind, title, image, revision, warnings, conflictOf }: Note): Named {
  const copy = conflictOf === undefined ? {} : { conflictOf };
  const bytes = image === undefined ? {} : { image };
  return { id, path, kind, title: shortenTitle(title), ...bytes, revision, warnings, ...copy };
}

/** For all but text, what is known of the note and warnings: the same for each way to the note, so that parts are too. */
function roomFor({ id, title, conflictOf = '' }: Note): number {
  // As id, path and in `next`; and in up to two addresses, where a character may take nine.
  const ids = 3 * countText(id) + countText(conflictOf) + 2 * encodeURIComponent(id).length;
  return roomForNames + countText(shortenTitle(title)) + ids;
}

/** `part` with as much of the stretch as it has room for; with an outline, where that is to have any room. */
function* cut(part: NotePart, note: Note, stretch: Stretch, mostOutline: number): Steps<NotePart> {
  const room = largestAnswer - roomFor(note) - countJson(part.about ?? {});
  // A place takes some 150 characters of a warning, and a count of headings as many.
  const withoutOutline = room - countJson(part.warnings) - 500;
  const end = findEnd(note.text, stretch, withoutOutline);
  if (end === stretch.to) return show(part, note, stretch, undefined);
  const { entries, count } =
    mostOutline > 0 ? yield* outlineOf(note.id, note.text, stretch, mostOutline) : noOutline;
  const outline = entries.length > 0 ? { outline: entries } : {};
  const warnings = [...part.warnings, ...describeOutline(entries.length, count)];
  const to = findEnd(note.text, stretch, withoutOutline - countJson(entries));
  return show({ ...part, ...outline, warnings }, note, { from: stretch.from, to }, stretch.to);
}

function describeOutline(named: number, count: number): string[] {
  if (named === count) return [];
  return [`The outline has ${named} of ${count} headings; fetch the id with # and a heading for any other.`];
}

function findEnd(text: string, { from, to }: Stretch, room: number): number {
  const end = findCut(text, from, Math.max(room, 1), to);
  if (end === to) return end;
  const line = text.lastIndexOf('\n', end - 1) + 1;
  return line > end - (end - from) * shareOfLastLine ? line : Math.max(end, from + 1);
}

/** `whole` is where the stretch ends of which `shown` is the beginning. */
function show(part: NotePart, note: Note, { from, to }: Stretch, whole: number | undefined): NotePart {
  const { length } = note.text;
  if (from === 0 && to === length) return part;
  const text = copyText(note.text.slice(from, to));
  const place = `Only characters ${from} to ${to} of ${length} are shown here`;
  const change =
    note.kind === 'note'
      ? ' To change the note use append_to_note or edit_note: replace_note would lose what is not shown.'
      : '';
  if (whole === undefined) {
    const end = to === length ? ', to the end of the note' : '';
    return { ...part, text, warnings: [...part.warnings, `${place}${end}.${change}`] };
  }
  const next = createStretchId(note.id, { from: to, to: whole < length ? whole : undefined });
  const warning = `${place}; fetch the id in metadata.next for what follows.${change}`;
  return { ...part, text, next, warnings: [...part.warnings, warning] };
}
