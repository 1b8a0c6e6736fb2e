// What is to be moved and where to, as the disk has both: a note, another file or a folder, and a path that is free.
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EditRefused, FolderSpelled, NoteExists, NoteNotFound, PathClosed, PathRefused } from '../errors.ts';
import { findOpenPlace, type HiddenFiles } from '../hidden/hidden-files.ts';
import { foldName } from '../notes/name.ts';
import { findFolderWays, isNoteName, parseVaultPath, wayTo } from '../notes/path.ts';
import { normalizeText } from '../unicode.ts';
import { checkName, parseNewSegments } from '../writing/new-path.ts';

export interface VaultPart {
  /** The vault's real path. */
  root: string;
  hidden: HiddenFiles;
  /** Of what is shown, what may be changed; all where there is no such rule. */
  isChangeable?: ((path: string) => boolean) | undefined;
  /** Names that something had until it was moved: it may have them again, though no new note may. */
  formerNames: ReadonlySet<string>;
}

export interface MoveGoal {
  kind: 'file' | 'folder';
  /** Vault paths in NFC. */
  from: string;
  to: string;
  /** The same below the vault as the disk has it, or will. */
  diskFrom: string;
  diskTo: string;
  /** The folders on the way to it that are not there yet, outermost first. */
  folders: string[];
}

/** Throws PathClosed, PathRefused, NoteNotFound, NoteExists, EditRefused. */
export async function findGoal(part: VaultPart, id: string, to: string): Promise<MoveGoal> {
  await part.hidden.refresh();
  const from = normalizeText(id, 'NFC').replace(/\/$/, '');
  requireOpen(part, from);
  const found = await findSource(part, from);
  const goal = parseGoal(found, to);
  requireOpen(part, goal);
  await requireWhole(part, found, to);
  if (goal === from) {
    throw new PathRefused('it is there already');
  }
  if (found.kind === 'folder' && goal.startsWith(`${from}/`)) {
    throw new PathRefused('a folder can not go into itself');
  }
  return { ...found, to: goal, ...(await findFree(part, found, goal)) };
}

/** Where nothing is shown or changed, nothing is moved: said before the disk is asked what is there. */
function requireOpen({ hidden, isChangeable }: VaultPart, path: string): void {
  const isOpen = !(hidden.isHidden(path) || hidden.isHiddenFolder(path));
  if (!isOpen || isChangeable?.(path) === false) {
    throw new PathClosed();
  }
}

type Source = Pick<MoveGoal, 'kind' | 'from' | 'diskFrom'>;

async function findSource({ root, hidden }: VaultPart, from: string): Promise<Source> {
  const place = await findOpenPlace(root, from, hidden);
  if (place !== undefined && place.path !== place.target) {
    throw new EditRefused('This name is a link to another file of the vault: move that one.');
  }
  if (place !== undefined) {
    if (place.named !== from) {
      throw new EditRefused('Another file has this name in another Unicode form: rename one of them first.');
    }
    return { kind: 'file', from, diskFrom: wayTo(root, place.path) };
  }
  const names = parseVaultPath(from) ?? [];
  const ways = (await findFolderWays(root, names)).filter(({ length }) => length === names.length);
  const [way] = ways;
  if (way === undefined || names.length === 0) {
    throw new NoteNotFound();
  }
  if (ways.length > 1) {
    throw new EditRefused('This folder is there in several Unicode forms: make it one first.');
  }
  return { kind: 'folder', from, diskFrom: way.join('/') };
}

/** Of a file, what ends in a slash is meant as a folder; of a note, what has no extension may be. */
async function requireWhole({ root, hidden }: VaultPart, { kind, from }: Source, to: string): Promise<void> {
  if (kind === 'file' && to.endsWith('/')) {
    throw new PathRefused(`give the whole new path, such as ${JSON.stringify(to + nameIn(from))}`);
  }
  const names = parseVaultPath(to) ?? [];
  const path = names.join('/');
  if (kind === 'folder' || !isNoteName(from) || isNoteName(path) || hidden.isHiddenFolder(path)) {
    return;
  }
  const ways = await findFolderWays(root, names);
  if (ways.some(({ length }) => length === names.length)) {
    const [inside, beside] = [`${path}/${nameIn(from)}`, `${path}.md`].map((one) => JSON.stringify(one));
    throw new PathRefused(
      `${JSON.stringify(path)} is a folder, so give the whole new path: ${inside} or ${beside}`,
    );
  }
}

const nameIn = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The vault path that `to` gives to what is moved. */
function parseGoal({ kind, from }: Source, to: string): string {
  const path = normalizeText(to, 'NFC').replace(/\/$/, '');
  if (kind === 'file' && isNoteName(from)) {
    return parseNewSegments(isNoteName(path) ? path : `${path}.md`).join('/');
  }
  const extension = kind === 'file' ? extensionOf(from) : '';
  if (kind === 'file' && extensionOf(path).toLowerCase() !== extension.toLowerCase()) {
    throw new PathRefused(`a file keeps its extension, so give a name that ends in ${extension}`);
  }
  if (kind === 'folder' && isNoteName(path)) {
    throw new PathRefused('a folder can not have the name of a note');
  }
  return parseNewSegments(path).join('/');
}

function extensionOf(path: string): string {
  const name = nameIn(path);
  return name.includes('.') ? name.slice(name.lastIndexOf('.')) : '';
}

/**
 * The way to `to` on the disk, in folders that are there as they are spelled. Throws NoteExists where the name is taken in
 * any Unicode form or case, but by what is moved itself.
 */
async function findFree(
  { root, hidden, formerNames }: VaultPart,
  source: Source,
  to: string,
): Promise<Pick<MoveGoal, 'diskTo' | 'folders'>> {
  const names = to.split('/');
  const last = names.pop() ?? '';
  // What is called so already may be called so elsewhere too.
  const kept = new Set([...source.from.split('/'), ...formerNames]);
  const folders: string[] = [];
  let folder = '';
  for (const [index, name] of names.entries()) {
    const path = names.slice(0, index + 1).join('/');
    const taken = await listSpellings(root, folder, name);
    folder = await enter(root, hidden, { path, name, folder, taken });
    if (taken.length === 0) {
      folders.push(folder);
      requireName(name, kept);
    }
  }
  const other = (await listSpellings(root, folder, last)).find((one) => one !== source.diskFrom);
  if (other !== undefined) {
    throw new NoteExists(normalizeText(other, 'NFC'));
  }
  requireName(last, kept);
  return { diskTo: join(folder, last), folders };
}

function requireName(name: string, kept: ReadonlySet<string>): void {
  if (!kept.has(name)) {
    checkName(name);
  }
}

interface Step {
  path: string;
  name: string;
  folder: string;
  taken: string[];
}

async function enter(
  root: string,
  hidden: HiddenFiles,
  { path, name, folder, taken }: Step,
): Promise<string> {
  const same = taken.find((one) => normalizeText(one, 'NFC') === path) ?? taken[0];
  if (same === undefined) {
    return join(folder, name);
  }
  const spelled = normalizeText(same, 'NFC');
  if (spelled !== normalizeText(join(folder, name), 'NFC')) {
    throw hidden.isHiddenFolder(spelled) ? new PathClosed() : new FolderSpelled(path, spelled);
  }
  if (!(await lstat(join(root, same))).isDirectory()) {
    throw new PathRefused(`${JSON.stringify(path)} is not a folder of the vault`);
  }
  return same;
}

/** The paths of what a folder, there or not, has under `name`, but for Unicode form and case; the name itself first. */
async function listSpellings(root: string, folder: string, name: string): Promise<string[]> {
  const key = foldName(name);
  const names = await readdir(join(root, folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      return [];
    }
    throw error;
  });
  const same = names.filter((one) => foldName(one) === key);
  return same.sort((a, b) => Number(b === name) - Number(a === name)).map((one) => join(folder, one));
}
