// SQLite's log as its file format has it (https://www.sqlite.org/fileformat2.html#the_write_ahead_log): a head, then frames of a
// page each, each with a checksum over all before it.
import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';

const headBytes = 32;
const frameHeadBytes = 24;
const bigEndianMagic = 0x377f0683;

/** The disk has lost some of the log: what is read back is not what was written. */
class LogDamaged extends Error {
  override readonly name = 'LogDamaged';
}

/**
 * Writes the log over itself and syncs it, so that nothing counts as written that the system has dropped. The caller keeps
 * writers away and says how many frames there must be. Throws LogDamaged, or what the disk says.
 */
export function rewriteLog(path: string, frames: number): void {
  const file = openSync(path, 'r+');
  try {
    const found = rewriteFrames(file);
    if (found < frames) throw new LogDamaged(`${found} of ${frames} frames of the log can be read`);
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Resolves to how many frames there are up to the first that is not of this log. */
function rewriteFrames(file: number): number {
  const head = Buffer.alloc(headBytes);
  if (readSync(file, head, 0, headBytes, 0) < headBytes) return 0;
  const chain = new Chain(head.readUInt32BE(0) === bigEndianMagic);
  if (!chain.takes(head.subarray(0, 24), head.subarray(24))) return 0;
  writeSync(file, head, 0, headBytes, 0);
  const frame = Buffer.alloc(frameHeadBytes + head.readUInt32BE(8));
  for (let found = 0; ; found += 1) {
    const at = headBytes + found * frame.length;
    const isWhole = readSync(file, frame, 0, frame.length, at) === frame.length;
    const isOfThisLog = isWhole && frame.subarray(8, 16).equals(head.subarray(16, 24));
    const parts = [frame.subarray(0, 8), frame.subarray(frameHeadBytes)];
    if (!isOfThisLog || !chain.takes(Buffer.concat(parts), frame.subarray(16, 24))) return found;
    writeSync(file, frame, 0, frame.length, at);
  }
}

/** The two sums that go on from the head through all frames. */
class Chain {
  readonly #isBigEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(isBigEndian: boolean) {
    this.#isBigEndian = isBigEndian;
  }

  /** Goes on over these bytes; whether the sums are then those that are stored. */
  takes(bytes: Buffer, stored: Buffer): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; at += 8) {
      this.#first = (this.#first + view.getUint32(at, !this.#isBigEndian) + this.#second) >>> 0;
      this.#second = (this.#second + view.getUint32(at + 4, !this.#isBigEndian) + this.#first) >>> 0;
    }
    return stored.readUInt32BE(0) === this.#first && stored.readUInt32BE(4) === this.#second;
  }
}
