// The journal of changes of one vault: no change without a way back, and none that is half done. Several may have the same
// folder at a time, of parts of a vault and of other processes.
// The room: what clients change, whole or not at all, what was there before, and bringing it back. Not what is to be written:
// writing/; not the index, which is only told.

import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChangeUnfinished } from '../errors.ts';
import type { HeldFolder } from '../notes/opened-path.ts';
import { createLeftoverRemover } from '../writing/leftovers.ts';
import { withFileLock } from '../writing/lock.ts';
import { type Change, isMove } from './change.ts';
import { createEntry, type Entry, encodeEntry } from './entry.ts';
import {
  entryPath,
  inJournal,
  inKnownJournal,
  listIds,
  removeEntry,
  settle,
  withEntry,
  writePending,
} from './journal-folder.ts';
import { removeFolders } from './place.ts';
import { Keeping, type Retention, usualRetention } from './retention.ts';
import { isRefused, perform, type StepParts } from './steps.ts';
import { rememberRoot, requireWritable } from './surroundings.ts';
import { isDone, takeBack } from './taking-back.ts';

export interface JournalOptions {
  /** The vault's real path. */
  root: string;
  /** Throws VaultAway while the folder is not there. */
  requireHome(cause?: unknown): Promise<void>;
  /** Told how many files were left as somebody else has changed them, when a change that came to no end was taken back. */
  onLeft?: ((files: number) => void) | undefined;
  retention?: Retention | undefined;
}

export class ChangeJournal {
  readonly #options: JournalOptions;
  readonly #parts: StepParts;
  readonly #keeping: Keeping;
  #recovered: Promise<void> | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#parts = { root: options.root, onFolder: createLeftoverRemover() };
    this.#keeping = new Keeping(options.retention ?? usualRetention);
  }

  /**
   * Does all steps of `change` in their order, or none: what was done before a step that fails is taken back, and its error
   * is thrown. What was there before is on the disk before the first step, so that a process that dies in between leaves
   * what the next one takes back. Throws VaultAway, JournalNotUsable, NoteExists, NoteNotFound, RevisionStale, EditRefused,
   * NotWritable, what the disk says (ENOSPC, EIO), and ChangeUnfinished where that can't be done now.
   */
  async carryOut(change: Change): Promise<Entry> {
    requireOrder(change);
    await this.#options.requireHome();
    await this.recover();
    const entry = createEntry(change);
    await inJournal(this.#options.root, (folder) =>
      withFileLock(
        entryPath(folder, entry.id, 'pending'),
        (requireLock) => this.#carryOut(folder, { change, entry, requireLock }),
        { isLong: true },
      ),
    );
    return entry;
  }

  async #carryOut(
    folder: HeldFolder,
    { change, entry, requireLock }: { change: Change; entry: Entry; requireLock: () => void },
  ): Promise<void> {
    await requireWritable(this.#options.root, change.steps);
    const bytes = encodeEntry(entry, change.steps);
    const requireSame = await rememberRoot(this.#options.root);
    await writePending(folder, entry.id, bytes);
    const reserve = await reserveRoom(folder, change).catch(async (error: unknown) => {
      // Nothing was begun. What can't be removed now is removed before the next change.
      await removeEntry(folder, entry.id, 'pending').catch(() => this.#recoverAgain());
      throw error;
    });
    try {
      for (const step of change.steps) {
        await requireSame();
        requireLock();
        await perform(this.#parts, step);
      }
    } catch (error) {
      const giveUp = async (): Promise<void> => {
        await reserve.release();
        await requireSame();
        // Whoever has the lock now takes it back; else the next change does, or the next start.
        requireLock();
        await this.#giveUp(folder, { change, entry, error });
      };
      // What was there before is still in the entry.
      await giveUp().catch((failure: unknown) => {
        this.#recoverAgain();
        throw new ChangeUnfinished({
          cause: new AggregateError([error, failure], 'a change and taking it back failed'),
        });
      });
      throw error;
    }
    // The change is done: what can't be removed or renamed now is tried again.
    await reserve.release().catch(() => undefined);
    await requireSame().then(
      () => removeFolders(this.#options.root, entry.removes),
      () => undefined,
    );
    await settle(folder, entry.id).catch(() => this.#recoverAgain());
    await this.#keeping.note(folder, bytes.length).catch(() => undefined);
  }

  async #giveUp(
    folder: HeldFolder,
    { change: { steps }, entry, error }: { change: Change; entry: Entry; error: unknown },
  ): Promise<void> {
    await this.#options.requireHome();
    const readBefore = async (step: number): Promise<Buffer | undefined> => steps[step]?.before;
    const left = await takeBack(this.#parts, { entry, readBefore });
    await removeEntry(folder, entry.id, 'pending');
    // That of the step that was refused is no other's matter: its error says so.
    this.#tellLeft(left - (isRefused(error) ? 1 : 0));
  }

  /** What was begun by a process that died is done or taken back when it resolves. Throws what the disk says. */
  recover(): Promise<void> {
    this.#recovered ??= this.#recover().catch((error: unknown) => {
      this.#recoverAgain();
      throw error;
    });
    return this.#recovered;
  }

  #recoverAgain(): void {
    this.#recovered = undefined;
  }

  async #recover(): Promise<void> {
    await this.#options.requireHome();
    await inKnownJournal(this.#options.root, async (folder) => {
      for (const id of await listIds(folder, 'pending')) {
        await withFileLock(entryPath(folder, id, 'pending'), () => this.#recoverEntry(folder, id), {
          isLong: true,
        });
      }
      await this.#keeping.sweep(folder);
      await this.#parts.onFolder?.(folder);
    });
  }

  // Who waited for the lock may find that it is done.
  async #recoverEntry(folder: HeldFolder, id: string): Promise<void> {
    const path = entryPath(folder, id, 'pending');
    const state = await withEntry(path, async (opened) => {
      if (await isDone(this.#parts, opened)) {
        await removeFolders(this.#options.root, opened.entry.removes);
        return 'done';
      }
      this.#tellLeft(await takeBack(this.#parts, opened));
      return 'taken back';
    });
    // An entry that is not whole was never on the disk, so that nothing was begun.
    await (state === 'done' ? settle(folder, id) : removeEntry(folder, id, 'pending'));
  }

  #tellLeft(files: number): void {
    if (files > 0) {
      this.#options.onLeft?.(files);
    }
  }
}

function requireOrder({ steps }: Change): void {
  const firstWrite = steps.findIndex((step) => !isMove(step));
  if (firstWrite >= 0 && steps.slice(firstWrite).some((step) => isMove(step))) {
    throw new Error('the moves of a change come before its writes');
  }
}

/** Bytes: blocks for a lock, and for what a file is larger on the disk than it says. */
const sparedRoom = 16 * 1024;

/**
 * Taking back a write needs room for what was there before while the disk may be full: as much as the largest takes is kept
 * free. What takes back one step gives the room for the next.
 */
async function reserveRoom(folder: HeldFolder, { steps }: Change): Promise<{ release(): Promise<void> }> {
  const [largest] = steps
    .flatMap((step) => (isMove(step) ? [] : (step.before ?? [])))
    .sort((one, other) => other.length - one.length);
  if (steps.length < 2 || largest === undefined) {
    return { release: async () => {} };
  }
  const path = join(folder.path, `.loop-${randomUUID()}.tmp`);
  const release = (): Promise<void> => rm(path, { force: true });
  const room = Buffer.concat([largest], largest.length + sparedRoom);
  await writeFile(path, room, { flag: 'wx', mode: 0o600, flush: true }).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  return { release };
}
