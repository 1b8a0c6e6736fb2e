// An image of the vault, told by its bytes: the four kinds that clients of MCP and the models behind them take.
import { FileRefused } from '../errors.ts';
import { type NoteBytes, readNoteBytes } from '../notes/file.ts';

export interface Image {
  mimeType: string;
  bytes: Buffer;
}

/** Bytes. As base64 it is a third more, and stays that long in what a model has in mind. */
const largestImage = 1024 * 1024;

/** What each kind begins with, and where; WebP says which of the RIFF formats it is after its length. */
const signatures: ReadonlyArray<
  readonly [mimeType: string, ...Array<readonly [offset: number, bytes: string]>]
> = [
  ['image/png', [0, '\x89PNG\r\n\x1a\n']],
  ['image/jpeg', [0, '\xff\xd8\xff']],
  ['image/gif', [0, 'GIF87a']],
  ['image/gif', [0, 'GIF89a']],
  ['image/webp', [0, 'RIFF'], [8, 'WEBP']],
];

/**
 * The image at the real path `path` below `root`, whatever its name ends in; undefined where it is not there any more.
 * Throws FileRefused for what is too large or no image, and what opening throws.
 */
export async function readImage(
  root: string,
  path: string,
): Promise<(Pick<NoteBytes, 'stats' | 'revision'> & { image: Image }) | undefined> {
  const file = await readNoteBytes(root, path, largestImage);
  if (file === undefined) {
    return undefined;
  }
  const { stats, revision, bytes } = file;
  if (bytes === undefined) {
    throw new FileRefused(`The file has ${(stats.size / largestImage).toFixed(1)} MB`);
  }
  const mimeType = findMimeType(bytes);
  if (mimeType === undefined) {
    throw new FileRefused(explainOther(bytes));
  }
  return { stats, revision, image: { mimeType, bytes } };
}

function findMimeType(bytes: Buffer): string | undefined {
  return signatures.find(([, ...parts]) =>
    parts.every(
      ([offset, expected]) => bytes.toString('latin1', offset, offset + expected.length) === expected,
    ),
  )?.[0];
}

// An SVG can hold scripts and addresses that are asked for when it is shown, and as text it is of little use.
function explainOther(bytes: Buffer): string {
  const isSvg = /<svg[\s>]/.test(bytes.toString('latin1', 0, 4096));
  return isSvg
    ? 'An SVG is not given, since it may hold programs'
    : 'This file has nothing that can be given';
}
