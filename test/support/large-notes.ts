// The notes that cost most to answer with: each as large as a note may be.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const size = 5 * 1024 * 1024 - 1;
const fill = (unit: string): Buffer => Buffer.alloc(size - (size % Buffer.byteLength(unit)), unit);

/** By name, without `.md`. */
const largeNotes = {
  /** Six bytes of JSON each. */
  controls: fill('\u0001'),
  quotes: fill('"'),
  /** Two bytes each in memory, for one character among them that takes two. */
  words: Buffer.concat([Buffer.from('재'), fill('plain words\n').subarray(3)]),
} as const;

/** Writes them into a folder of notes; resolves to their ids. */
export async function writeLargeNotes(folder: string): Promise<string[]> {
  const names = Object.keys(largeNotes) as Array<keyof typeof largeNotes>;
  await Promise.all(names.map((name) => writeFile(join(folder, `${name}.md`), largeNotes[name])));
  return names.map((name) => `${name}.md`);
}
