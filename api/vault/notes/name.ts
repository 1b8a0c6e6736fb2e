// Names of notes: what `[[Name]]` refers to, and when two names are one.
import { normalizeText } from '../unicode.ts';

/** The file name without folder and extension: what `[[Name]]` refers to. */
export function nameOf(id: string): string {
  return withoutExtension(id.slice(id.lastIndexOf('/') + 1));
}

export function withoutExtension(path: string): string {
  return path.replace(/\.(md|markdown)$/i, '');
}

/** A key under which two spellings of one name meet: NFC and lower case. */
export function foldName(name: string): string {
  return normalizeText(name, 'NFC').toLowerCase();
}

/** The path of the folder that a note or folder is in; '' for one at the top. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
