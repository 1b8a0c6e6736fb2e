// Names that are one in NFC and several on the disk, as where a Mac (NFD) and other systems fill one folder: in which
// order they stand, and the ids of files that only their form tells apart.
import { createHash } from 'node:crypto';
import { normalizeText } from '../unicode.ts';

/** What tells the second of two files from the first: a part of a hash of its path as the disk has it. */
const mark = /^(.*)~([0-9a-f]{8,64})((?:\.[^./]+)?)$/s;
const shortestMark = 8;

/** The one in NFC first, the others by their code units: the same order whatever order a folder is read in. */
export function compareForms(a: string, b: string): number {
  const isNfc = (name: string): boolean => normalizeText(name, 'NFC') === name;
  return Number(isNfc(b)) - Number(isNfc(a)) || (a < b ? -1 : Number(a > b));
}

/** Those of `names` that are `name` in NFC, in order. */
export function formsOf(name: string, names: readonly string[]): string[] {
  return names.filter((candidate) => normalizeText(candidate, 'NFC') === name).sort(compareForms);
}

/**
 * The id of a file at `way` (the path below the vault as the disk has it) that is not the first one of the vault path
 * `path`: `Note~1a2b3c4d.md`. It depends on its own name alone, and is longer where a file really has that name.
 */
export function createTwinId(path: string, way: string, isTaken: (id: string) => boolean): string {
  const digits = digest(way);
  const dot = path.lastIndexOf('.');
  const end = dot > path.lastIndexOf('/') + 1 ? dot : path.length;
  const create = (count: number): string =>
    `${path.slice(0, end)}~${digits.slice(0, count)}${path.slice(end)}`;
  let length = shortestMark;
  while (length < digits.length && isTaken(create(length))) {
    length += 1;
  }
  return create(length);
}

/** What an id says that may be a twin's: the vault path, and which file of that path it is. */
export function parseTwinId(id: string): { path: string; isIt: (way: string) => boolean } | undefined {
  const [, start, digits = '', extension] = mark.exec(id) ?? [];
  return start === undefined
    ? undefined
    : { path: `${start}${extension}`, isIt: (way) => digest(way).startsWith(digits) };
}

function digest(way: string): string {
  return createHash('sha256').update(way).digest('hex');
}
