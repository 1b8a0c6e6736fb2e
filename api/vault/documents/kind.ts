// Which files beside the notes have something to read, told by their names.
import { largestNote } from '../notes/content.ts';
import { isNoteName } from '../notes/path.ts';

/** What a file is to a client. `image`: found by its name alone. */
export type FileKind = 'note' | 'canvas' | 'base' | 'pdf' | 'image';

const kinds = new Map<string, FileKind>([
  ['canvas', 'canvas'],
  ['base', 'base'],
  ['pdf', 'pdf'],
  ...['png', 'jpg', 'jpeg', 'gif', 'webp'].map((extension): [string, FileKind] => [extension, 'image']),
]);

/** Undefined for a file that is listed and no more. */
export function kindOf(path: string): FileKind | undefined {
  return isNoteName(path) ? 'note' : kinds.get(extensionOf(path));
}

/** Bytes that the index reads of such a file at once; none of an image, and of a PDF later (index/pdf/). */
export function largestOf(path: string): number {
  const kind = kindOf(path);
  return kind === 'image' || kind === 'pdf' ? -1 : largestNote;
}

/** What else Obsidian shows (its help, "Accepted file formats"). */
const shownByObsidian = new Set([
  'avif',
  'bmp',
  'svg',
  'flac',
  'm4a',
  'mp3',
  'ogg',
  'wav',
  'webm',
  '3gp',
  'mkv',
  'mov',
  'mp4',
  'ogv',
]);

/** True where the name says that the file is something else than a note: no title ends in such a way by chance. */
export function isOtherFileName(path: string): boolean {
  const extension = extensionOf(path);
  return kinds.has(extension) || shownByObsidian.has(extension);
}

function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}
