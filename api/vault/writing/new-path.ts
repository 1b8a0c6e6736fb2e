// Where a new note may be put: names that every system and Obsidian itself can live with, in folders inside the vault.
import { mkdir, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NoteExists, PathRefused } from '../errors.ts';
import { foldName } from '../notes/name.ts';
import { isNoteName, parseVaultPath } from '../notes/path.ts';
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
 * The disk path for the new note `id`, its folders made where they are missing. Throws NoteExists where the name is
 * taken in any Unicode form or case (on a Mac the two would be one), PathRefused where a folder is none of the vault's.
 */
export async function makePlace(root: string, id: string): Promise<string> {
  const segments = id.split('/');
  const fileName = segments.pop() ?? '';
  let folder = root;
  let path = '';
  for (const segment of segments) {
    path = path === '' ? segment : `${path}/${segment}`;
    folder = await enterFolder(folder, segment, path);
  }
  const taken = await findSpelling(folder, fileName);
  if (taken !== undefined) {
    throw new NoteExists(id.slice(0, id.length - fileName.length) + taken.normalize('NFC'));
  }
  return join(folder, fileName);
}

async function enterFolder(parent: string, name: string, path: string): Promise<string> {
  const spelling = await findSpelling(parent, name);
  if (spelling !== undefined && spelling.normalize('NFC') !== name) {
    throw new PathRefused(`the folder ${JSON.stringify(path)} is spelled ${JSON.stringify(spelling)}`);
  }
  const folder = join(parent, spelling ?? name);
  if (spelling === undefined) {
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') {
        throw error;
      }
    });
    await syncFolder(dirname(folder));
  }
  // A link to a folder could lead anywhere; reading does not follow it either.
  if ((await realpath(folder)) !== folder) {
    throw new PathRefused(`${JSON.stringify(path)} is not a folder of the vault`);
  }
  return folder;
}

/** The name in `folder` that is `name` but for Unicode form and case; the same Unicode form and case is preferred. */
async function findSpelling(folder: string, name: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') {
      throw new PathRefused('a file stands where a folder should be');
    }
    throw error;
  });
  const key = foldName(name);
  const spellings = names.filter((candidate) => foldName(candidate) === key);
  return (
    spellings.find((candidate) => candidate === name) ??
    spellings.find((candidate) => candidate.normalize('NFC') === name) ??
    spellings[0]
  );
}
