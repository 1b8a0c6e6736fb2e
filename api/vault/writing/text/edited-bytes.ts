// The bytes of a note with a change to its text; what can't be text is not changed.
import { isUtf8 } from 'node:buffer';
import { EditRefused } from '../../errors.ts';
import { largestNote } from '../../notes/content.ts';
import { type Steps, takeInSlices } from '../../pace/steps.ts';
import { KeyedQueue } from '../keyed-queue.ts';

/** What becomes of the text of a note. */
export type Edit = (note: string) => Steps<string>;

/** Bytes. */
const surelySmall = 64 * 1024;
/** Going through a text of 5 MB takes ten times its size: of large notes one is gone through after the other. */
const large = new KeyedQueue();

/** Others have their turn meanwhile. Throws EditRefused. */
export async function editBytes(before: Buffer, edit: Edit): Promise<Buffer> {
  const work = async (): Promise<Buffer> => encode(await takeInSlices(edit(decode(before))));
  return before.length <= surelySmall ? work() : large.run('', work);
}

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes) || bytes.includes(0)) {
    throw new EditRefused('The file is not UTF-8 text, so changing it could destroy it.');
  }
  return bytes.toString('utf8');
}

/** Throws EditRefused. */
export function encode(note: string): Buffer {
  if (note.includes('\0') || !note.isWellFormed()) {
    throw new EditRefused('The text has characters that no text file may hold.');
  }
  const bytes = Buffer.from(note);
  if (bytes.length > largestNote) {
    throw new EditRefused(`The note would be larger than ${largestNote / 1024 / 1024} MB.`);
  }
  return bytes;
}
