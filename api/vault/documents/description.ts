// What is told of a file that is no note, whichever kind it is of.

export interface Description {
  text: string;
  /** Parts of it that Obsidian shows as notes: their headings, links and tags count. */
  cards: string[];
  /** Vault paths of the files that it shows. */
  files: string[];
}

/** The message says what is wrong with the file, as the end of a sentence. */
export class NotDescribable extends Error {
  override readonly name = 'NotDescribable';
}
