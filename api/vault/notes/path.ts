// Which paths name a note, and how an id becomes a file without ever leaving the vault.
import { lstat, readdir, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { formsOf, parseTwinId } from '../names/forms.ts';
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

/** The names under which the folder keeps `name`: as given, else and then in other Unicode forms. */
async function* findForms(folder: string, name: string): AsyncGenerator<string> {
  const isThere = await exists(join(folder, name));
  if (isThere) {
    yield name;
  }
  const others = formsOf(name, await readdir(folder).catch(() => []));
  yield* others.filter((form) => !(isThere && form === name));
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

export interface NotePlace {
  /** Where its name is. */
  path: string;
  /** Where its bytes are: elsewhere in the vault when the name is a link. */
  target: string;
  /** The vault path: the id without what tells it from a file that has the same name in another Unicode form. */
  named: string;
}

/**
 * The file that `id` names, or undefined when there is none, or when the way to it is
 * hidden or leads through a link out of the vault. `root` is a real path. A link to a folder is never followed
 * (it could close a circle); a link to a file is, where its target is a visible file of the vault.
 */
export async function findFilePlace(root: string, id: string): Promise<NotePlace | undefined> {
  const named = parseVaultPath(id)?.join('/');
  if (named === undefined) {
    return undefined;
  }
  for await (const place of findPlaces(root, root, named)) {
    return { ...place, named };
  }
  return findTwin(root, named);
}

async function findTwin(root: string, id: string): Promise<NotePlace | undefined> {
  const twin = parseTwinId(id);
  let isFirst = true;
  for await (const place of twin === undefined ? [] : findPlaces(root, root, twin.path)) {
    if (!isFirst && twin?.isIt(wayTo(root, place.path))) {
      return { ...place, named: twin.path };
    }
    isFirst = false;
  }
  return undefined;
}

/** The path below the vault as the disk has it. */
export function wayTo(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}

type Place = Omit<NotePlace, 'named'>;

/** All files of one vault path in the order of compareForms, from the first folder on. */
async function* findPlaces(root: string, folder: string, path: string): AsyncGenerator<Place> {
  const slash = path.indexOf('/');
  for await (const form of findForms(folder, slash < 0 ? path : path.slice(0, slash))) {
    if (slash >= 0) {
      yield* findPlaces(root, join(folder, form), path.slice(slash + 1));
      continue;
    }
    const place = await findTarget(root, folder, form);
    if (place !== undefined) {
      yield place;
    }
  }
}

async function findTarget(root: string, folder: string, name: string): Promise<Place | undefined> {
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

/**
 * Where the folders `names` are that lie one in the other, by their names on the disk: as far down as there are any, and
 * each of them where there are several, in order.
 */
export async function findFolderWays(root: string, names: readonly string[]): Promise<string[][]> {
  let ways: string[][] = [[]];
  for (const name of names) {
    const deeper = await Promise.all(ways.map((way) => findWaysBelow(root, way, name)));
    if (deeper.flat().length === 0) {
      break;
    }
    ways = deeper.flat();
  }
  return ways;
}

async function findWaysBelow(root: string, way: string[], name: string): Promise<string[][]> {
  const ways: string[][] = [];
  for await (const form of findForms(join(root, ...way), name)) {
    if (await isFolder(join(root, ...way, form))) {
      ways.push([...way, form]);
    }
  }
  return ways;
}

function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
