// The shapes of what the index is asked and of what it answers; vault.ts adds what only the disk knows.

export interface SearchOrder {
  query: string;
  limit: number;
}

export interface SearchResult {
  id: string;
  title: string;
  /** One line, about 200 characters. */
  snippet: string;
  /** Epoch seconds. */
  modifiedAt: number;
  /** Greater is better; comparable within one search only. */
  score: number;
  /** As in NoteSummary; such notes come after all others. */
  conflictOf?: string;
}

/** Times in epoch seconds. */
export interface NoteSummary {
  /** The path inside the vault with `/`, in Unicode's NFC. */
  id: string;
  path: string;
  title: string;
  frontMatter: Record<string, unknown>;
  /** What the front matter says, else the earliest time known of the note's files (notes/dates.ts). */
  createdAt: number;
  modifiedAt: number;
  sizeBytes: number;
  /** Changes with every change of the file's bytes. */
  revision: string;
  tags: string[];
  /** The id of the note that a sync program made this one a copy of, whether or not that is there. */
  conflictOf?: string;
}

export interface ConflictCopy {
  id: string;
  conflictOf: string;
}

export type ScanOrder = 'path' | 'modified';

export interface ScanOptions {
  /** Only notes at any depth below this folder. */
  folder?: string | undefined;
  /** `project` also finds `project/loop`. */
  tag?: string | undefined;
  /** A front-matter field by name, and by value where one is given; in a list any element counts. */
  field?: { name: string; value?: string | undefined } | undefined;
  /** Epoch seconds. */
  modifiedSince?: number | undefined;
  /**
   * In which order: of their paths, or of their last change, newest first. Without one it is an order of the index's own
   * that no change of a note can disturb: each comes once. A note that gets another place in its order while a scan goes
   * on may come again or not at all: by path one that is moved, by time one that is changed.
   */
  order?: ScanOrder | undefined;
  cursor?: string | undefined;
  /** 100 by default, 1000 at most. */
  limit?: number | undefined;
}

export interface FolderEntry {
  kind: 'folder' | 'note' | 'file';
  path: string;
  title?: string;
}

export interface IndexProgress {
  /** Notes in the folder, as far as it has been looked through. */
  notes: number;
  indexed: number;
  /** Of these and of other files, the ones that are known by their names alone: their text could not be read. */
  unread: number;
  /** Names that are there in several Unicode forms: folders, which are one, and files beyond the first of their path. */
  forms: number;
  /** Notes that are a sync program's copies of others. */
  conflicts: number;
  /** How much of Obsidian's list of excluded files can't be used. */
  excludedFaults: number;
  building: boolean;
  /** The folder is not there just now: what is indexed stays as it is. */
  isAway: boolean;
}

/** What an answer says of a copy that a sync program made. */
export function describeCopy(conflictOf: string | null): { conflictOf?: string } {
  return conflictOf === null ? {} : { conflictOf };
}
