// A stand-in for the vault: reads all notes at the start and searches by plain words.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

export interface VaultOptions {
  directory: string;
  indexPath: string;
}

export interface SearchResult {
  id: string;
  title: string;
  snippet: string;
  score: number;
}

/** Times in epoch seconds. */
export interface NoteSummary {
  id: string;
  path: string;
  title: string;
  frontMatter: Record<string, unknown>;
  createdAt: number;
  modifiedAt: number;
  sizeBytes: number;
  revision: string;
  tags: string[];
}

export interface Note extends NoteSummary {
  text: string;
  warnings: string[];
  links: string[];
  backlinks: string[];
}

export interface Vault {
  search(query: string, options?: { limit?: number }): SearchResult[];
  readNote(id: string): Promise<Note | undefined>;
  listFolder(
    folder: string,
    options?: { cursor?: string; limit?: number },
  ): {
    entries: Array<{ kind: 'folder' | 'note' | 'file'; path: string; title?: string }>;
    nextCursor?: string;
  };
  scan(options?: object): { notes: NoteSummary[]; nextCursor?: string };
  progress(): { notes: number; indexed: number; building: boolean };
  close(): Promise<void>;
}

export async function openVault({ directory }: VaultOptions): Promise<Vault> {
  const notes = new Map<string, Note>();
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile() && entry.name.endsWith('.md'))) {
    const note = await readNoteFile(directory, join(file.parentPath, file.name));
    notes.set(note.id, note);
  }
  const all = [...notes.values()].sort((left, right) => left.path.localeCompare(right.path));
  return {
    search: (query, { limit = 10 } = {}): SearchResult[] => {
      const words = query.toLowerCase().split(/\s+/).filter(Boolean);
      const matches = all.filter((note) => words.some((word) => note.text.toLowerCase().includes(word)));
      return matches
        .slice(0, limit)
        .map((note) => ({ id: note.id, title: note.title, snippet: note.text.slice(0, 80), score: 1 }));
    },
    readNote: async (id) => notes.get(id),
    listFolder: (folder) => ({ entries: listEntries(all, folder) }),
    scan: () => ({ notes: all }),
    progress: () => ({ notes: notes.size, indexed: notes.size, building: false }),
    close: () => Promise.resolve(),
  };
}

async function readNoteFile(directory: string, file: string): Promise<Note> {
  const path = relative(directory, file).split(sep).join('/');
  const text = await readFile(file, 'utf8');
  const { birthtimeMs, mtimeMs, size } = await stat(file);
  return {
    id: path,
    path,
    title: basename(path, '.md'),
    frontMatter: {},
    createdAt: Math.floor(birthtimeMs / 1_000),
    modifiedAt: Math.floor(mtimeMs / 1_000),
    sizeBytes: size,
    revision: String(mtimeMs),
    tags: [],
    text,
    warnings: [],
    links: [],
    backlinks: [],
  };
}

type Entry = ReturnType<Vault['listFolder']>['entries'][number];

function listEntries(all: Note[], folder: string): Entry[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const inside = all.filter((note) => note.path.startsWith(prefix));
  const folders = new Set(
    inside
      .map((note) => dirname(note.path).slice(prefix.length).split('/')[0])
      .filter((name): name is string => name !== undefined && name !== '' && name !== '.'),
  );
  const here = inside.filter((note) => !note.path.slice(prefix.length).includes('/'));
  return [
    ...[...folders].map((name): Entry => ({ kind: 'folder', path: prefix + name })),
    ...here.map((note): Entry => ({ kind: 'note', path: note.path, title: note.title })),
  ];
}
