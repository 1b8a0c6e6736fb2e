// Where a new note may be put: names that every system and Obsidian itself can live with, in folders inside the vault.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isOtherFileName } from '../documents/kind.ts';
import { FolderSpelled, NoteExists, PathRefused } from '../errors.ts';
import { foldName } from '../notes/name.ts';
import { type HeldFolder, holdFolder, holdFolderOf } from '../notes/opened-path.ts';
import { findFolderWays, isNoteName, parseVaultPath } from '../notes/path.ts';
import { normalizeText } from '../unicode.ts';

/** Bytes in UTF-8. File systems take 255 for a name; sync programs add endings of their own. */
const longestName = 240;
const longestPath = 1000;

/** Windows, Android and sync services refuse the first eight; links to a name with the others break in Obsidian. */
const reservedCharacters = /[<>:"|?*\\#^[\]]/;
/** Names of devices on Windows, with any extension. */
const reservedName = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])(?:\.|$)/i;
/** Directions, spaces without width, ends of lines: they make a name look like another. Joiners are in emoji and scripts. */
const unseen = /[\u0080-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** The id of the note that is to be made at `path`: in NFC, with `.md` where there was no extension. Throws PathRefused. */
export function parseNewPath(path: string): string {
  if (isOtherFileName(path)) {
    throw new PathRefused(
      'only Markdown notes can be made here, so give a name that ends in .md or in nothing',
    );
  }
  const segments = parseNewSegments(isNoteName(path) ? path : `${path}.md`);
  checkName(segments.at(-1) ?? '');
  return segments.join('/');
}

/** The names in a path that is to be made, each of which is yet to be checked where it is new. Throws PathRefused. */
export function parseNewSegments(path: string): string[] {
  const segments = parseVaultPath(path);
  if (segments === undefined) {
    throw new PathRefused(
      'give a path inside the vault such as Folder/Name.md, without "..", "\\", control characters, a leading "/" or names that start with a dot',
    );
  }
  if (Buffer.byteLength(segments.join('/')) > longestPath) {
    throw new PathRefused(`it is longer than ${longestPath} bytes`);
  }
  return segments;
}

/** Throws PathRefused. */
export function checkName(name: string): void {
  const shown = JSON.stringify(name).replace(unseen, escapeSign);
  if (reservedCharacters.test(name)) {
    throw new PathRefused(`${shown} has a character that not every system allows: < > : " | ? * \\ # ^ [ ]`);
  }
  if (name.search(unseen) >= 0) {
    throw new PathRefused(`${shown} has a character that nobody sees`);
  }
  if (reservedName.test(name)) {
    throw new PathRefused(`${shown} is a reserved name on Windows`);
  }
  if (/^\s|[\s.]$/.test(name) || /^\s*\.(?:md|markdown)$/i.test(name) || /\s\.(?:md|markdown)$/i.test(name)) {
    throw new PathRefused(`${shown} starts or ends with a space or ends with a dot`);
  }
  if (Buffer.byteLength(name) > longestName) {
    throw new PathRefused(`a name in it is longer than ${longestName} bytes`);
  }
}

const escapeSign = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Where a new file goes: the way below the vault as the disk has it. */
export interface NewPlace {
  path: string;
  /** Paths of the folders on it that are not there yet, outermost first. */
  folders: string[];
}

/**
 * Where the new note `id` is to be made. A folder whose name is there in another Unicode form is that folder; where it is
 * there in several, the note goes to the first. Throws NoteExists where the name is taken in any Unicode form or case (on a
 * Mac the two would be one), PathRefused where a folder is none of the vault's, or would get a name that it can't have.
 */
export async function findNewPlace(root: string, id: string): Promise<NewPlace> {
  const segments = id.split('/');
  const name = segments.pop() ?? '';
  const ways = await findFolderWays(root, segments);
  const way = await findWay(root, segments, ways[0] ?? []);
  const others = ways.filter((one) => one.length === segments.length).slice(1);
  const whole = way.length === segments.length ? [way, ...others] : [];
  for (const place of whole) {
    const taken = await findSpelling(join(root, ...place), name);
    if (taken !== undefined) {
      throw new NoteExists(id.slice(0, id.length - name.length) + normalizeText(taken, 'NFC'));
    }
  }
  const missing = segments.slice(way.length);
  // One that is there has the name that somebody gave it.
  for (const segment of missing) {
    checkName(segment);
  }
  const folders = missing.map((_, index) => [...way, ...missing.slice(0, index + 1)].join('/'));
  return { path: [...way, ...missing, name].join('/'), folders };
}

/** The folders of `segments` that are there, by their names on the disk. */
async function findWay(
  root: string,
  segments: readonly string[],
  known: readonly string[],
): Promise<string[]> {
  let folder = await holdFolder(root);
  const way: string[] = [];
  try {
    for (const [index, segment] of segments.entries()) {
      const path = segments.slice(0, index + 1).join('/');
      const spelling = await findFolder(folder, known[index] ?? segment, path);
      if (spelling === undefined) {
        break;
      }
      const next = await enterFolder(folder, spelling, path);
      await folder.release();
      folder = next;
      way.push(spelling);
    }
    return way;
  } finally {
    await folder.release();
  }
}

async function findFolder(parent: HeldFolder, name: string, path: string): Promise<string | undefined> {
  const spelling = await findSpelling(parent.path, name);
  if (spelling !== undefined && normalizeText(spelling, 'NFC') !== normalizeText(name, 'NFC')) {
    const above = path.slice(0, path.length - name.length);
    throw new FolderSpelled(path, above + normalizeText(spelling, 'NFC'));
  }
  return spelling;
}

function enterFolder(parent: HeldFolder, name: string, path: string): ReturnType<typeof holdFolderOf> {
  return holdFolderOf(parent, name).catch((error: NodeJS.ErrnoException) => {
    // A link to a folder could lead anywhere; reading does not follow it either.
    if (['ENOTDIR', 'ELOOP'].includes(error.code ?? '')) {
      throw new PathRefused(`${JSON.stringify(path)} is not a folder of the vault`, { cause: error });
    }
    throw error;
  });
}

/** Makes a folder, where there is nothing yet. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') {
      throw error;
    }
  });
}

/** The name in `folder` that is `name` but for Unicode form and case; the same Unicode form and case is preferred. */
async function findSpelling(folder: string, name: string): Promise<string | undefined> {
  const key = foldName(name);
  const spellings = (await readdir(folder)).filter((candidate) => foldName(candidate) === key);
  return (
    spellings.find((candidate) => candidate === name) ??
    spellings.find((candidate) => normalizeText(candidate, 'NFC') === name) ??
    spellings[0]
  );
}
