// An image for a browser: told by its bytes, read as it is sent, and of no kind that could hold a program.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { isOpenedInside } from '../notes/opened-path.ts';

export interface ShownImage {
  mimeType: string;
  sizeBytes: number;
  /** Ends and closes the file when it was read, or destroyed. */
  read(): Readable;
  /** For where it is not read. */
  close(): Promise<void>;
}

const largest = 25 * 1024 * 1024;
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What each begins with, and where. An SVG is none of them: it may hold scripts, and addresses that are asked for. */
const signatures: ReadonlyArray<readonly [mimeType: string, ...parts: Array<readonly [number, string]>]> = [
  ['image/png', [0, '\x89PNG\r\n\x1a\n']],
  ['image/jpeg', [0, '\xff\xd8\xff']],
  ['image/gif', [0, 'GIF87a']],
  ['image/gif', [0, 'GIF89a']],
  ['image/webp', [0, 'RIFF'], [8, 'WEBP']],
  ['image/avif', [4, 'ftypavif']],
  ['image/avif', [4, 'ftypavis']],
];

/** Whether a file is shown as an image, by its name. */
export function isShownImageName(path: string): boolean {
  return /\.(?:png|jpe?g|gif|webp|avif)$/i.test(path);
}

/** The image at the real path `path` below `root`; undefined for anything else. */
export async function openShownImage(root: string, path: string): Promise<ShownImage | undefined> {
  const file = await open(path, flags).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const mimeType = await findMimeType(file, root, path);
    if (mimeType === undefined || size > largest) {
      await file.close();
      return undefined;
    }
    return {
      mimeType,
      sizeBytes: size,
      // no more than was promised, should the file grow meanwhile
      read: () => file.createReadStream({ start: 0, end: Math.max(size - 1, 0) }),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function findMimeType(file: FileHandle, root: string, path: string): Promise<string | undefined> {
  if (!(await file.stat()).isFile() || !isOpenedInside(root, path, file.fd)) return undefined;
  const { buffer } = await file.read(Buffer.alloc(16), 0, 16, 0);
  return signatures.find(([, ...parts]) =>
    parts.every(([at, bytes]) => buffer.toString('latin1', at, at + bytes.length) === bytes),
  )?.[0];
}
