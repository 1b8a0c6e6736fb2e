// What is possible: FTS5 with the same words in the same columns as the vault's index, and nothing around it.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import Database from 'better-sqlite3';
import { createIndexWords } from '../../../api/vault/index/words.ts';
import { parseNoteContent } from '../../../api/vault/notes/content.ts';
import { takeAtOnce } from '../../../api/vault/pace/steps.ts';

const columns = 'title, aliases, tags, headings, path, body, filters';

export interface BareIndex {
  database: Database.Database;
  /** Reading, parsing and inserting the words alone. */
  buildMs: number;
}

/** Its caller closes the database. */
export function buildBareIndex(directory: string, path: string): BareIndex {
  const startedAt = performance.now();
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.exec(
    `CREATE VIRTUAL TABLE words USING fts5(${columns}, content = '', tokenize = 'unicode61 remove_diacritics 2')`,
  );
  const insert = database.prepare(
    `INSERT INTO words(rowid, ${columns}) VALUES (@number, @${columns.replaceAll(', ', ', @')})`,
  );
  let number = 0;
  database.transaction(() => {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const { fieldNames: _, ...words } = createIndexWords(
        relative(directory, file),
        takeAtOnce(parseNoteContent(entry.name, readFileSync(file))),
      );
      number += 1;
      insert.run({ number, ...words });
    }
  })();
  return { database, buildMs: performance.now() - startedAt };
}
