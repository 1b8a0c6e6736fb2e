// One file of the vault as it is on the disk now, whatever kind it is of, for whoever asked for it.
import { lstat } from 'node:fs/promises';
import type { NoteContent } from '../notes/content.ts';
import {
  createNamedFile,
  createNoteFileInSlices,
  createUnreadableNote,
  type NoteFile,
  readNoteBytes,
  releaseBytes,
} from '../notes/file.ts';
import type { NotePlace } from '../notes/path.ts';
import { parseContent } from './content.ts';
import { type Image, readImage } from './image.ts';
import { kindOf, largestOf } from './kind.ts';

export interface FileContent extends NoteContent {
  image?: Image;
}

/** What the index knows of the file. */
export interface KnownFile {
  /** Whether its text took too long to read, when it had this revision. */
  isUnread(revision: string): boolean;
  /** The text of a PDF that had this revision; undefined while it waits to be read. */
  pdfText(revision: string): { text: string; warnings: string[] } | undefined;
}

/**
 * The file at this place below `root`; undefined where it is not there any more. Throws FileRefused for one that has
 * nothing to give.
 */
export async function readVaultFile(
  root: string,
  place: NotePlace,
  known: KnownFile,
): Promise<NoteFile<FileContent> | undefined> {
  try {
    return await read(root, place, known);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') {
      return createUnreadableNote(place.named, await lstat(place.target), asIs);
    }
    if (code === 'ENOENT' || code === 'ELOOP') {
      return undefined;
    }
    throw error;
  }
}

const asIs = (content: NoteContent): FileContent => content;

async function read(
  root: string,
  { named, target }: NotePlace,
  known: KnownFile,
): Promise<NoteFile<FileContent> | undefined> {
  const kind = kindOf(named);
  if (kind === 'image' || kind === undefined) {
    const found = await readImage(root, target);
    return found && createNamedFile(named, found, (content) => asImage(content, found.image));
  }
  const bytes = await readNoteBytes(root, target, largestOf(named));
  if (kind === 'pdf') {
    return (
      bytes &&
      createNamedFile(named, bytes, (content) => ({
        ...content,
        ...(known.pdfText(bytes.revision) ?? unread),
      }))
    );
  }
  const isUnread = bytes !== undefined && known.isUnread(bytes.revision);
  const file =
    bytes && (await createNoteFileInSlices(named, bytes, { parse: parseContent, use: asIs }, isUnread));
  if (bytes !== undefined) {
    releaseBytes(bytes);
  }
  return file;
}

const unread = {
  text: '',
  warnings: ['The text of this PDF is still being read: ask for it again in a minute.'],
};

function asImage(content: NoteContent, image: Image): FileContent {
  const text = `An image (${image.mimeType}, ${image.bytes.length} bytes). Clients of MCP are given it beside this text.`;
  return { ...content, text, image };
}
