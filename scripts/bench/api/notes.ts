// Notes made by rule, so that two runs measure the same vault: words by frequency as in real text, a third of them Korean.
// The room: what the benchmarks of loop-api measure, and what they measure it beside. Not of loop-auth: auth/.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface NoteFolder {
  directory: string;
  /** Beside the notes, for an index. */
  indexPath: string;
  remove(): void;
}

/** The words by rank: the first is the most frequent. */
export interface Vocabulary {
  english: string[];
  korean: string[];
}

const wordCount = 20_000;
const wordsPerNote = 380;

/** Writes `count` notes of about 2.6 KB into a new folder, 100 to a folder. Its caller removes it. */
export function makeNotes(count: number): NoteFolder {
  const top = mkdtempSync(join(tmpdir(), 'loop-bench-'));
  const directory = join(top, 'notes');
  mkdirSync(directory);
  const random = createRandom(count);
  for (let number = 0; number < count; number += 1) {
    const folder = join(directory, `Folder ${Math.floor(number / 100)}`);
    if (number % 100 === 0) mkdirSync(folder);
    writeFileSync(join(folder, `Note ${number}.md`), writeNote(number, random));
  }
  return {
    directory,
    indexPath: join(top, 'index.db'),
    remove: () => rmSync(top, { recursive: true, force: true }),
  };
}

export const vocabulary: Vocabulary = createVocabulary();

/** Mulberry32: the same numbers in every run. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function createVocabulary(): Vocabulary {
  const random = createRandom(1);
  const pick = (from: string): string => from[Math.floor(random() * from.length)] ?? '';
  const english = new Set<string>();
  const korean = new Set<string>();
  while (english.size < wordCount) {
    const syllables = 2 + Math.floor(random() * 3);
    english.add(Array.from({ length: syllables }, () => pick('bcdfghklmnprstvw') + pick('aeiou')).join(''));
  }
  while (korean.size < wordCount) {
    const syllables = 2 + Math.floor(random() * 3);
    korean.add(
      Array.from({ length: syllables }, () =>
        String.fromCharCode(0xac00 + Math.floor(random() * 2000) * 4),
      ).join(''),
    );
  }
  return { english: [...english], korean: [...korean] };
}

function writeNote(number: number, random: () => number): string {
  const words: string[] = [];
  for (let index = 0; index < wordsPerNote; index += 1) {
    const list = random() < 0.33 ? vocabulary.korean : vocabulary.english;
    // Zipf's law: the word of rank n comes about once where the first comes n times
    words.push(list[Math.floor(wordCount ** random()) - 1] ?? '');
    if (index % 60 === 59) words.push('\n\n##', list[index] ?? '', '\n\n');
  }
  const status = number % 3 === 0 ? 'done' : 'todo';
  return `---\nstatus: ${status}\ntags: [area/${number % 20}, kind${number % 7}]\n---\n# ${words.slice(0, 3).join(' ')}\n\n${words.join(' ')}\n\nSee [[Note ${Math.floor(random() * number)}]].\n`;
}
