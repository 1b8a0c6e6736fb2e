// Undoing a move: what was moved goes back, and so do its links. A note that is still as the move left it gets the bytes that it
// had; one that was changed since keeps its text, with its links mended once more.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMove, type MoveStep, type Step } from '../changes/change.ts';
import type { Entry, RecordedMove, RecordedWrite } from '../changes/entry.ts';
import { createDisk, findOtherSpelling } from '../changes/undoing/disk.ts';
import { NoteExists, NoteNotFound, NoteSpelled } from '../errors.ts';
import { createRevision } from '../notes/content.ts';
import { normalizeText } from '../unicode.ts';
import { LinkedNotes } from './linked-notes.ts';
import { planLinks } from './move-plan.ts';
import { listFilesBelow, listFoldersAbove } from './moved-files.ts';
import type { LinkSource } from './mover.ts';

export interface MoveBackOptions {
  /** The vault's real path. */
  root: string;
  /** All of the vault. */
  links: LinkSource;
}

/** An entry of the journal that has moves among its steps, with what was there before each of them. */
export interface MovedEntry {
  entry: Pick<Entry, 'steps'>;
  readBefore(step: number): Promise<Buffer | undefined>;
}

/**
 * The steps that undo it. Throws NoteNotFound where what was moved is not where it was moved to, NoteExists where something
 * has come to where it was, NoteSpelled where its name differs only in case or Unicode form, LinksUnknown.
 */
export async function planMoveBack(
  { root, links }: MoveBackOptions,
  { entry, readBefore }: MovedEntry,
): Promise<Step[]> {
  const moves = entry.steps.filter((step): step is RecordedMove => isMove(step)).toReversed();
  await links.requireInStep({ folders: [], moved: [] });
  const ways = new Map<string, string>();
  for (const { from, to } of moves) {
    await requireBack(root, { from, to });
    for (const [way, back] of await listWays(root, to, from)) {
      ways.set(way, back);
    }
  }
  const notes = new LinkedNotes(root);
  const moved = new Map([...ways].map(([way, back]) => [toId(way), toId(back)]));
  const plan = await planLinks({ ...notes.readerOf(links), moved, asPaths: false, select: (ids) => ids });
  const mended = new Map(plan.mended.map(({ id, before, after }) => [notes.wayTo(id), { before, after }]));
  for (const [index, step] of entry.steps.entries()) {
    const kept = isMove(step) ? undefined : await readUnchanged(notes, step, () => readBefore(index));
    if (kept !== undefined && !isMove(step)) {
      mended.set(step.path, kept);
    }
  }
  const writes = [...mended].map(([way, bytes]) => ({ path: ways.get(way) ?? way, ...bytes }));
  return [...(await listMovesBack(root, moves)), ...writes];
}

/** In folders that are made again where somebody has removed them. */
async function listMovesBack(root: string, moves: readonly RecordedMove[]): Promise<MoveStep[]> {
  const made = new Set<string>();
  const back: MoveStep[] = [];
  for (const { from, to } of moves) {
    const folders: string[] = [];
    for (const folder of listFoldersAbove(from)) {
      if (!made.has(folder) && !(await isThere(join(root, folder)))) {
        made.add(folder);
        folders.push(folder);
      }
    }
    back.push({ from: to, to: from, folders });
  }
  return back;
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

const toId = (way: string): string => normalizeText(way, 'NFC');

interface WayBack {
  from: string;
  to: string;
}

async function requireBack(root: string, { from, to }: WayBack): Promise<void> {
  const [now, before] = await Promise.all(
    [to, from].map((way) => lstat(join(root, way)).catch(() => undefined)),
  );
  if (now === undefined) {
    throw new NoteNotFound();
  }
  // Where case is left aside, a name in another case is itself.
  if (before !== undefined && !(before.dev === now.dev && before.ino === now.ino)) {
    throw new NoteExists(toId(from));
  }
  if ((await findOtherSpelling(createDisk(root), from, to)) !== undefined) {
    throw new NoteSpelled(toId(from));
  }
}

async function listWays(root: string, from: string, to: string): Promise<[way: string, back: string][]> {
  const isFolder = (await lstat(join(root, from))).isDirectory();
  const files = isFolder ? await listFilesBelow(root, from) : [from];
  return files.map((way) => [way, to + way.slice(from.length)]);
}

/** The bytes that it has and those that it had, where it is as the move left it. */
async function readUnchanged(
  notes: LinkedNotes,
  { path, after }: RecordedWrite,
  readBefore: () => Promise<Buffer | undefined>,
): Promise<{ before: Buffer; after: Buffer } | undefined> {
  const now = await notes.readWay(path);
  if (now === undefined || createRevision(now) !== after?.revision) {
    return undefined;
  }
  const earlier = await readBefore();
  return earlier && { before: now, after: earlier };
}
