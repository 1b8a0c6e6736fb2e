// How many words each note has in the index, as FTS5 counted them: packed, so that a search which weighs very many notes
// reads hundreds at once.
import type Database from 'better-sqlite3';
import { prepareStatements, type Statements } from '../statements.ts';
import { readVarints } from './varints.ts';

/** 2 KB each, which fit into a page of SQLite's. */
export const notesPerBlock = 512;
const bytesPerNote = 4;

const sql = {
  counted: 'SELECT sz AS bytes FROM words_docsize WHERE id = ?',
  block: 'SELECT counts AS bytes FROM lengths WHERE block = ?',
  setBlock: 'INSERT OR REPLACE INTO lengths VALUES (?, ?)',
};

export class NoteLengths {
  readonly #statements: Statements<typeof sql>;

  constructor(database: Database.Database) {
    this.#statements = prepareStatements(database, sql);
  }

  /** Takes over what FTS5 counted of a note whose words were just written. */
  put(number: number): void {
    const counted = this.#find('counted', number);
    const block = Math.floor(number / notesPerBlock);
    const bytes = this.#find('block', block) ?? Buffer.alloc(notesPerBlock * bytesPerNote);
    const length = readVarints(counted ?? Buffer.alloc(0)).reduce((sum, words) => sum + words, 0);
    bytes.writeUInt32LE(length, (number % notesPerBlock) * bytesPerNote);
    this.#statements.setBlock.run(block, bytes);
  }

  /** Of the notes from `block` times `notesPerBlock` on. What it says of one that is gone is of no use. */
  read(block: number): Uint32Array {
    const lengths = new Uint32Array(notesPerBlock);
    const bytes = this.#find('block', block);
    for (let index = 0; bytes !== undefined && index < notesPerBlock; index += 1) {
      lengths[index] = bytes.readUInt32LE(index * bytesPerNote);
    }
    return lengths;
  }

  #find(statement: 'counted' | 'block', key: number): Buffer | undefined {
    return (this.#statements[statement].get(key) as { bytes: Buffer } | undefined)?.bytes;
  }
}
