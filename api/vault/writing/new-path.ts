// Where a new note may be put: names that every system and Obsidian itself can live with, in folders inside the vault.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isOtherFileName } from '../documents/kind.ts';
import { FolderSpelled, NoteExists, PathRefused } from '../errors.ts';
import { foldName } from '../notes/name.ts';
import { type HeldFolder, holdFolder, holdFolderOf } from '../notes/opened-path.ts';
import { findFolderWays, isNoteName, parseVaultPath } from '../notes/path.ts';
import { normalizeText } from '../unicode.ts';
import { syncFolder } from './atomic-file.ts';

/** Bytes in UTF-8. File systems take 255 for a name; sync programs add endings of their own. */
const longestName = 240;
const longestPath = 1000;

/** Windows, Android and sync services refuse the first eight; links to a name with the others break in Obsidian. */
const reservedCharacters = /[<>:"|?*\\#^[\]]/;
/** Names of devices on Windows, with any extension. */
const reservedName = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
/** They make a name look like another. */
const direction = /[\u202a-\u202e\u2066-\u2069\u200e\u200f]/;

/** The id of the note that is to be made at `path`: in NFC, with `.md` where there was no extension. Throws PathRefused. */
export function parseNewPath(path: string): string {
  if (isOtherFileName(path)) {
    throw new PathRefused(
      'only Markdown notes can be made here, so give a name that ends in .md or in nothing',
    );
  }
  const segments = parseVaultPath(isNoteName(path) ? path : `${path}.md`);
  if (segments === undefined) {
    throw new PathRefused(
      'give a path inside the vault such as Folder/Name.md, without "..", a leading "/" or names that start with a dot',
    );
  }
  for (const segment of segments) {
    checkName(segment);
  }
  const id = segments.join('/');
  if (Buffer.byteLength(id) > longestPath) {
    throw new PathRefused(`it is longer than ${longestPath} bytes`);
  }
  return id;
}

function checkName(name: string): void {
  const shown = JSON.stringify(name);
  if (reservedCharacters.test(name) || direction.test(name)) {
    throw new PathRefused(`${shown} has a character that not every system allows: < > : " | ? * \\ # ^ [ ]`);
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

/**
 * Runs `work` where the new note `id` is to be made: in its folder, made where it is missing, with its name. A folder whose
 * name is there in another Unicode form is that folder; where it is there in several, the note goes to the first. Throws
 * NoteExists where the name is taken in any Unicode form or case (on a Mac the two would be one), PathRefused where a
 * folder is none of the vault's.
 */
export async function inNewPlace<Result>(
  root: string,
  id: string,
  work: (folder: HeldFolder, name: string) => Promise<Result>,
): Promise<Result> {
  const segments = id.split('/');
  const name = segments.pop() ?? '';
  const ways = await findFolderWays(root, segments);
  let folder = await holdFolder(root);
  try {
    let path = '';
    for (const [index, segment] of segments.entries()) {
      path = path === '' ? segment : `${path}/${segment}`;
      const next = await enterFolder(folder, ways[0]?.[index] ?? segment, path);
      await folder.release();
      folder = next;
    }
    const others = ways.filter((way) => way.length === segments.length).slice(1);
    for (const place of [folder.path, ...others.map((way) => join(root, ...way))]) {
      const taken = await findSpelling(place, name);
      if (taken !== undefined) {
        throw new NoteExists(id.slice(0, id.length - name.length) + normalizeText(taken, 'NFC'));
      }
    }
    return await work(folder, name);
  } finally {
    await folder.release();
  }
}

async function enterFolder(parent: HeldFolder, name: string, path: string): ReturnType<typeof holdFolderOf> {
  const spelling = await findSpelling(parent.path, name);
  if (spelling !== undefined && normalizeText(spelling, 'NFC') !== normalizeText(name, 'NFC')) {
    const above = path.slice(0, path.length - name.length);
    throw new FolderSpelled(path, above + normalizeText(spelling, 'NFC'));
  }
  if (spelling === undefined) {
    await makeFolder(join(parent.path, name));
    await syncFolder(parent.path);
  }
  try {
    return await holdFolderOf(parent, spelling ?? name);
  } catch (error) {
    // A link to a folder could lead anywhere; reading does not follow it either.
    if (['ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw new PathRefused(`${JSON.stringify(path)} is not a folder of the vault`, { cause: error });
    }
    throw error;
  }
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
