// What a vault is opened with, and how much may be asked of it.
import type { Retention } from './changes/retention.ts';
import type { WritingElsewhere } from './elsewhere/orders.ts';
import type { HiddenPattern } from './hidden/patterns.ts';
import type { VaultReach } from './hidden/reach.ts';
import type { IndexHosting } from './index/thread/hosting.ts';
import type { ChangedPart, LinkSource } from './moving/mover.ts';

export interface VaultOptions {
  /** The folder of notes. */
  directory: string;
  /** The index's file, made where there is none; `:memory:` for one that is gone with the process. */
  indexPath: string;
  /**
   * Looks through the folder every 1.2 s or so. Not needed for network folders, which are recognized: for those that
   * seem local and yet change without the kernel's notice.
   */
  isPolling?: boolean;
  /** What nobody is shown, beside Obsidian's own excluded files (hidden/patterns.ts). */
  hidden?: readonly HiddenPattern[];
  /** The only part of it that there is for whoever is given this vault (narrowed-vaults.ts); all by default. */
  reach?: VaultReach | undefined;
  /** The indexing thread, shared by a vault and its parts; one of its own by default. */
  host?: IndexHosting | undefined;
  /** An IANA time zone: which day `daily:today` is. The process's by default. */
  timeZone?: string | undefined;
  /** How long and how much of what was changed is kept; 90 days and 200 MB by default. */
  retention?: Retention | undefined;
  /** The process that makes all changes, where that is not this one; this one makes none, and brings nothing to an end. */
  elsewhere?: WritingElsewhere | undefined;
  /** Told how many files were left alone, as somebody else has changed them, when a change that came to no end was taken back. */
  onLeft?: ((files: number) => void) | undefined;
  /** Told of what went wrong in the background and was put right by starting again. */
  onProblem?: (problem: Error) => void;
  /** Told how far the index is, with each step. */
  onProgress?: ((progress: { building: boolean; isAway: boolean }) => void) | undefined;
  /** Told of each note that was written here, once the index has it. */
  onWritten?: ((id: string) => Promise<void>) | undefined;
  /** The same for what a move has changed. */
  onMoved?: ((part: ChangedPart) => Promise<void>) | undefined;
  /** Of a part, the links in all of the vault: those that lead to what is moved are mended there too. */
  whole?: LinkSource | undefined;
  /** Told when the folder is no longer there, and when it is back. */
  onAway?: (isAway: boolean) => void;
  /** Told how many notes are known by their names alone (Vault.unreadNotes), when that changes. */
  onUnread?: (notes: number) => void;
  /** Told how many names are there in several Unicode forms (Vault.listForms), when that changes. */
  onForms?: (names: number) => void;
  /** Told how many notes are conflict copies of others (Vault.listConflicts), when that changes. */
  onConflicts?: (notes: number) => void;
  /** Told how much of Obsidian's list of excluded files can't be used, when that changes. */
  onExcludedFaults?: (faults: number) => void;
}

/** How many of what was asked for are given: a whole number between 1 and `most`. */
export function bounded(limit: number | undefined, usual: number, most: number): number {
  const wanted = Math.trunc(limit ?? usual);
  return Number.isNaN(wanted) ? usual : Math.min(Math.max(wanted, 1), most);
}
