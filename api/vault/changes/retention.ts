// How long what was there before is kept: so many days, and no more than so much, the oldest going first.
import { stat } from 'node:fs/promises';
import type { HeldFolder } from '../notes/opened-path.ts';
import { timeOf } from './entry.ts';
import { entryPath, listIds, removeEntry } from './journal-folder.ts';

export interface Retention {
  days: number;
  /** Bytes of all entries. */
  size: number;
}

export const usualRetention: Retention = { days: 90, size: 200 * 1024 * 1024 };

/** Looked at again after so much was written, and after so long in any case. */
const lookedAtShare = 1 / 20;
const lookedAtMs = 3_600_000;
const dayMs = 86_400_000;

/** Which changes can still be undone, over the life of one journal. */
export class Keeping {
  readonly #retention: Retention;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #written = 0;

  constructor(retention: Retention) {
    this.#retention = retention;
  }

  /** After a change whose entry has `size` bytes. Goes through all entries where that is due. */
  async note(folder: HeldFolder, size: number): Promise<void> {
    this.#written += size;
    const isDue = Date.now() - this.#lookedAt > lookedAtMs || Date.now() < this.#lookedAt;
    if (isDue || this.#written > this.#retention.size * lookedAtShare) {
      await this.sweep(folder);
    }
  }

  /**
   * Removes what is too old and, from the oldest on, what is too much; the newest stays in any case, so that there is no change
   * without a way back.
   */
  async sweep(folder: HeldFolder): Promise<void> {
    this.#lookedAt = Date.now();
    this.#written = 0;
    const oldest = Date.now() - this.#retention.days * dayMs;
    const [newest, ...others] = (await listIds(folder, 'change')).reverse();
    let size = newest === undefined ? 0 : await sizeOf(folder, newest);
    for (const id of others) {
      size += await sizeOf(folder, id);
      if (size > this.#retention.size || Date.parse(timeOf(id)) < oldest) {
        await removeEntry(folder, id, 'change');
      }
    }
  }
}

/** 0 for one that another process has removed meanwhile. */
async function sizeOf(folder: HeldFolder, id: string): Promise<number> {
  return stat(entryPath(folder, id, 'change')).then(
    ({ size }) => size,
    () => 0,
  );
}
