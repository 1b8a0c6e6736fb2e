// The vault: what the tools may ask of a folder of Markdown notes. Reads the disk for one note or file and the index for
// all else, writes notes where it may (writing/); the index is kept by a thread of its own (index/thread/worker.ts).
// The room: a folder of notes, and parts of it, as the tools ask for them. Not who asks: tokens/, access.ts.
import { createDailyNotes, type DailyNotes } from './daily/daily-notes.ts';
import type { Image } from './documents/image.ts';
import { type FileKind, kindOf } from './documents/kind.ts';
import { type FileContent, readVaultFile } from './documents/reading.ts';
import { createWriterElsewhere } from './elsewhere/orders.ts';
import { IndexNotUsable, VaultAway } from './errors.ts';
import { findOpenPlace, HiddenFiles } from './hidden/hidden-files.ts';
import type { ConflictCopy, FolderEntry, NoteSummary, ScanOptions, SearchResult } from './index/answers.ts';
import { IndexConnection } from './index/connection.ts';
import { findIndexFile } from './index/file.ts';
import { findVaultHome } from './index/folder/home.ts';
import type { ListName, ListRows } from './index/lists/lists.ts';
import type { ListPage } from './index/lists/walk.ts';
import { IndexHost } from './index/thread/host.ts';
import { createLinkSource } from './link-source.ts';
import type { LinkSource } from './moving/mover.ts';
import { findConflictOf } from './names/conflict-name.ts';
import { findNamedNote } from './naming/named-notes.ts';
import { type NoteReference, readReferences } from './naming/reference.ts';
import type { NoteFile } from './notes/file.ts';
import { isInside, type NotePlace } from './notes/path.ts';
import { bounded, type VaultOptions } from './options.ts';
import { findRoot } from './root.ts';
import { createShownVault, type ShownVault } from './shown/shown-vault.ts';
import { normalizeText } from './unicode.ts';
import { createVaultWriter, type VaultWriterOptions } from './vault-writer.ts';
import { isWritable } from './writing/probe.ts';
import type { WriterFor } from './writing/writer.ts';

interface SearchOptions {
  /** 10 by default, 100 at most. */
  limit?: number | undefined;
}

interface PageOptions {
  cursor?: string | undefined;
  limit?: number | undefined;
}

export interface Note extends NoteSummary {
  kind: FileKind;
  /** Of an image; its text says that it is one. */
  image?: Image;
  /** Without the front matter, unless that could not be read. */
  text: string;
  /** Sentences for the reader: why the text is empty, or the front matter is part of it. */
  warnings: string[];
  /** Ids of the notes that this one links to, and of those that link to it. */
  links: string[];
  backlinks: string[];
  /** Where its links to nothing lead, as written. */
  missing: string[];
}

export interface Vault {
  /**
   * Best first: notes that have any of the words, those that are called so and have most of them before others.
   * `"phrases"`, `tag:`, `path:`, `field:value` and `-` narrow it, `prefix*` is a word. Any text is a valid query.
   */
  search(query: string, options?: SearchOptions): Promise<SearchResult[]>;
  /**
   * The note, or another file that has something to give, as it is on disk now, also by `daily:today` or
   * `daily:2026-11-26`; undefined where there is none, or it is hidden or outside of the vault. Throws VaultAway, and
   * FileRefused for a file that has nothing to give.
   */
  readNote(id: string): Promise<Note | undefined>;
  /**
   * The note or other file that `given` names: an id, a path without extension (of a note), a name, a link, an alias; and
   * the part of it that is named behind a `#`, '' for all. An exact id wins, but for that of a file of no known kind.
   * Throws NoteAmbiguous, VaultAway.
   */
  findNote(given: string): Promise<{ id: string; part: string } | undefined>;
  /** Folders, then notes, then other files, by name; 100 by default, 1000 at most. Throws BadCursor. */
  listFolder(folder: string, options?: PageOptions): ListPage<FolderEntry>;
  /** Paths of folders at the top and one level below, sorted; `limit` of them, those at the top before others. */
  listTopFolders(limit: number): string[];
  /** A page of a list over the whole vault (index/lists/lists.ts); 100 by default, 1000 at most. Throws BadCursor. */
  list<Name extends ListName>(name: Name, options?: PageOptions): Promise<ListPage<ListRows[Name]>>;
  /** Every note once, even while notes change or move; while the index is building, those it has. Throws BadCursor. */
  scan(options?: ScanOptions): { notes: NoteSummary[]; nextCursor?: string };
  progress(): { notes: number; indexed: number; building: boolean };
  /**
   * The ids of the notes whose text took over a second to read, and of other files that can't be read: they are found by
   * their names until they change.
   */
  unreadNotes(): string[];
  /**
   * Paths of folders whose name is there in several Unicode forms (they are one folder), and ids of the files that are not
   * the first of their path.
   */
  listForms(): string[];
  /** Notes that a sync program made as copies of others, in the order of ids; 100 by default, 1000 at most. Throws BadCursor. */
  listConflicts(options?: { cursor?: string | undefined; limit?: number | undefined }): {
    conflicts: ConflictCopy[];
    nextCursor?: string;
  };
  /** Brings the index in step with a note that was changed from elsewhere; after 2 s in any case. */
  refresh(id: string): Promise<void>;
  /** True while the folder is not there: the index answers with what it had. */
  isAway(): boolean;
  /** What only a person is told of it. */
  readonly shown: ShownVault;
  /** Which links there are, as a move asks it. */
  readonly links: LinkSource;
  /** Who changes notes for whom; undefined where the folder may only be read. */
  readonly writerFor: WriterFor | undefined;
  /** Ends the background work; nothing may be asked after. */
  close(): Promise<void>;
}

/**
 * Opens a folder of notes and returns at once: the index is built, and from then on kept, in the background.
 * The caller closes it. Throws VaultNotFound, VaultNotReadable, IndexNotUsable.
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const root = await findRoot(options.directory);
  if (isInside(root, options.indexPath)) {
    throw new IndexNotUsable({ indexPath: options.indexPath, why: 'it lies inside the folder of notes' });
  }
  const canWrite = await isWritable(root);
  const { readable } = options.reach ?? {};
  const hidden = new HiddenFiles({ root, patterns: options.hidden ?? [], folders: readable });
  await hidden.refresh();
  const daily = createDailyNotes({ root, hidden, timeZone: options.timeZone });
  const place = { root, hidden, daily, canWrite, options };
  const { host = new IndexHost() } = options;
  const { indexPath, remove } = await findIndexFile(options.indexPath);
  await host.prepare(options.reach);
  return new FolderVault(place, new IndexConnection({ ...options, host, root, hidden, indexPath }), remove);
}

interface VaultPlace {
  root: string;
  hidden: HiddenFiles;
  daily: DailyNotes;
  canWrite: boolean;
  options: Pick<VaultOptions, 'reach' | 'whole' | 'elsewhere' | 'onWritten' | 'onMoved'>;
}

function createWriter(parts: VaultWriterOptions & VaultPlace): WriterFor {
  const { elsewhere, reach } = parts.options;
  return elsewhere ? createWriterElsewhere(elsewhere, reach) : createVaultWriter(parts);
}

class FolderVault implements Vault {
  readonly #root: string;
  readonly #hidden: HiddenFiles;
  readonly #daily: DailyNotes;
  readonly #index: IndexConnection;
  readonly #onClose: (() => Promise<void>) | undefined;
  readonly writerFor: WriterFor | undefined;
  readonly shown: ShownVault;
  readonly links: LinkSource;

  constructor(place: VaultPlace, index: IndexConnection, onClose?: () => Promise<void>) {
    this.#root = place.root;
    this.#hidden = place.hidden;
    this.#daily = place.daily;
    this.#index = index;
    this.links = createLinkSource(index, place.hidden);
    const requireHome = (cause?: unknown): Promise<void> => this.#requireHome(cause);
    const parts = { ...place, index, links: this.links, requireHome };
    this.shown = createShownVault(parts);
    this.writerFor = place.canWrite ? createWriter(parts) : undefined;
    this.#onClose = onClose;
  }

  search(query: string, { limit }: SearchOptions = {}): Promise<SearchResult[]> {
    return this.#index.search({ query, limit: bounded(limit, 10, 100) });
  }

  scan(options: ScanOptions = {}): { notes: NoteSummary[]; nextCursor?: string } {
    return this.#index.ask((reader) => reader.scan(options, bounded(options.limit, 100, 1000)));
  }

  listFolder(folder: string, { cursor, limit }: PageOptions = {}): ListPage<FolderEntry> {
    return this.#index.ask((reader) => reader.listFolder(folder, cursor, bounded(limit, 100, 1000)));
  }

  listTopFolders(limit: number): string[] {
    return this.#index.ask((reader) => reader.listTopFolders(limit));
  }

  list<Name extends ListName>(
    name: Name,
    { cursor, limit }: PageOptions = {},
  ): Promise<ListPage<ListRows[Name]>> {
    const options = { cursor, limit: bounded(limit, 100, 1000) };
    return this.#index.askInSteps(({ lists }) => lists.list(name, options));
  }

  async readNote(name: string): Promise<Note | undefined> {
    const id = (await this.#daily.findDailyNote(name)) ?? name;
    const plain = normalizeText(id, 'NFC');
    try {
      const place = await findOpenPlace(this.#root, id, this.#hidden);
      const file = place === undefined ? undefined : await this.#readFile(plain, place);
      if (file !== undefined) {
        return await this.#createNote(plain, file, findConflictOf(place?.named ?? plain));
      }
    } catch (error) {
      await this.#requireHome(error);
      throw error;
    }
    await this.#requireHome();
    return undefined;
  }

  async findNote(given: string): Promise<{ id: string; part: string } | undefined> {
    const references = readReferences(given);
    const exact = await this.#findExact(references, (id) => kindOf(id) !== undefined);
    if (exact !== undefined) {
      return exact;
    }
    await this.#requireHome();
    const named = this.#index.ask((_, facts) => findNamedNote(references, facts));
    // A name without an extension is rather a note's than that of a file called so.
    return named ?? this.#findExact(references, (id) => kindOf(id) === undefined);
  }

  async #findExact(
    references: readonly NoteReference[],
    isMeant: (id: string) => boolean,
  ): Promise<{ id: string; part: string } | undefined> {
    for (const { name, part } of references) {
      const id = (await this.#daily.findDailyNote(name)) ?? name;
      if (isMeant(id) && (await findOpenPlace(this.#root, id, this.#hidden)) !== undefined) {
        return { id: normalizeText(id, 'NFC'), part };
      }
    }
    return undefined;
  }

  // Asked of the disk and not of the indexing thread, which may not know yet.
  async #requireHome(cause?: unknown): Promise<void> {
    const known = this.#index.ask((_, facts) => facts.home());
    if ((await findVaultHome(this.#root, known)) === undefined) {
      throw new VaultAway({ cause });
    }
  }

  #readFile(id: string, place: NotePlace): Promise<NoteFile<FileContent> | undefined> {
    return readVaultFile(this.#root, place, {
      isUnread: (revision) => this.#index.ask((_, facts) => facts.isUnread(id, revision)),
      pdfText: (revision) => this.#index.ask((_, facts) => facts.pdfText(id, revision)),
    });
  }

  async #createNote(id: string, file: NoteFile<FileContent>, conflictOf: string | undefined): Promise<Note> {
    const { said, bornAt, statedAt, modifiedAt, sizeBytes, revision } = file;
    const knownBornAt = this.#index.ask((_, facts) => facts.bornAt(id)) ?? bornAt;
    return {
      id,
      path: id,
      kind: kindOf(id) ?? 'image',
      title: said.title,
      frontMatter: said.frontMatter,
      createdAt: statedAt ?? Math.min(bornAt, knownBornAt),
      modifiedAt,
      sizeBytes,
      revision,
      tags: said.tags,
      text: said.text,
      ...(said.image === undefined ? {} : { image: said.image }),
      warnings: said.warnings,
      ...(conflictOf === undefined ? {} : { conflictOf }),
      ...(await this.#index.askInSteps(({ links }) => links.resolve(id, said.links))),
      backlinks: await this.#index.askInSteps(({ links }) => links.findBacklinks(id)),
    };
  }

  progress(): { notes: number; indexed: number; building: boolean } {
    const { notes, indexed, building } = this.#index.progress();
    return { notes, indexed, building };
  }

  unreadNotes(): string[] {
    return this.#index.ask((_, facts) => facts.unreadNotes());
  }

  listForms(): string[] {
    return this.#index.ask((_, facts) => facts.listForms());
  }

  listConflicts(options: { cursor?: string | undefined; limit?: number | undefined } = {}): {
    conflicts: ConflictCopy[];
    nextCursor?: string;
  } {
    return this.#index.ask((_, facts) =>
      facts.listConflicts(options.cursor, bounded(options.limit, 100, 1000)),
    );
  }

  async refresh(id: string): Promise<void> {
    if (!this.#hidden.isHidden(id)) {
      await this.#index.refresh(id);
    }
  }

  isAway(): boolean {
    return this.#index.progress().isAway;
  }

  async close(): Promise<void> {
    await this.#index.close();
    await this.#onClose?.();
  }
}
