// Which paths name a note, and how an id becomes a file without ever leaving the vault.
import { lstat, readdir, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { normalizeText } from '../unicode.ts';

/** ext4's and APFS's limit for one name is 255 bytes; a path far beyond any real one is refused before it is walked. */
const longestPath = 4096;

// The danger is the C0 controls (NUL ends a C string) and the backslash (a separator on Windows and on SMB).
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
const forbidden = /[\\\u0000-\u001f\u007f]/;

/** A name that may be shown: not hidden (`.obsidian`, `.git`, `.trash`…), not `..`, no control character. */
export function isVisibleName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !forbidden.test(name) && name.isWellFormed();
}

export function isNoteName(name: string): boolean {
  return /\.(md|markdown)$/i.test(name);
}

/**
 * The segments of a vault-relative path in NFC, or undefined where it could never name something visible:
 * absolute, with `.` or `..`, hidden, or with characters that no note's name has.
 */
export function parseVaultPath(path: string): string[] | undefined {
  if (path.length > longestPath) {
    return undefined;
  }
  const segments = normalizeText(path, 'NFC').split('/');
  return segments.every(isVisibleName) ? segments : undefined;
}

/** True where `path`, real or yet to be made, is `root` or lies below it. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, resolve(path));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** True where `path` or lies below it and no part of the way down is hidden; both are real paths. */
export function isVisibleInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way.split(sep).every(isVisibleName);
}

/** The name under which the folder keeps `name`: as given, else the same name in another Unicode form. */
async function nameOnDisk(folder: string, name: string): Promise<string | undefined> {
  try {
    await lstat(join(folder, name));
    return name;
  } catch {
    const names = await readdir(folder).catch(() => []);
    return names.sort().find((candidate) => normalizeText(candidate, 'NFC') === name);
  }
}

export interface NotePlace {
  /** Where its name is. */
  path: string;
  /** Where its bytes are: elsewhere in the vault when the name is a link. */
  target: string;
}

/** The real path of the note file that `id` names, or undefined as with findNotePlace. */
export async function findNoteFile(root: string, id: string): Promise<string | undefined> {
  return (await findNotePlace(root, id))?.target;
}

/**
 * The note file that `id` names, or undefined when there is none, or when the way to it is
 * hidden or leads through a link out of the vault. `root` is a real path. A link to a folder is never followed
 * (it could close a circle); a link to a file is, where its target is a visible file of the vault.
 */
export async function findNotePlace(root: string, id: string): Promise<NotePlace | undefined> {
  const segments = parseVaultPath(id);
  const fileName = segments?.pop();
  if (segments === undefined || fileName === undefined || !isNoteName(fileName)) {
    return undefined;
  }
  let folder = root;
  for (const segment of segments) {
    const name = await nameOnDisk(folder, segment);
    if (name === undefined) {
      return undefined;
    }
    folder = join(folder, name);
  }
  const name = await nameOnDisk(folder, fileName);
  return name === undefined ? undefined : findTarget(root, folder, name);
}

async function findTarget(root: string, folder: string, name: string): Promise<NotePlace | undefined> {
  try {
    if ((await realpath(folder)) !== folder) {
      return undefined;
    }
    const path = join(folder, name);
    const target = await realpath(path);
    const inside = isVisibleInside(root, target);
    return inside && (await lstat(target)).isFile() ? { path, target } : undefined;
  } catch {
    return undefined;
  }
}
