// An index as this side of the thread has it open: made anew where it is damaged, and telling nothing of what is hidden by now.
import type Database from 'better-sqlite3';
import { type HiddenFiles, nothingHidden } from '../../hidden/hidden-files.ts';
import { IndexFacts } from '../facts.ts';
import { connectToIndex, isDamage, openIndexFile } from '../file.ts';
import { IndexReader } from '../reader.ts';
import { IndexWriter } from '../writer.ts';
import type { IndexHosting } from './hosting.ts';

interface IndexPlace {
  host: IndexHosting;
  indexPath: string;
  /** The vault's real path. */
  root: string;
  hidden: HiddenFiles;
}

export interface OpenedIndex {
  database: Database.Database;
  reader: IndexReader;
  facts: IndexFacts;
}

/** The caller closes the database. Throws IndexNotUsable. */
export function openIndex({ host, indexPath, root, hidden }: IndexPlace): OpenedIndex {
  // A file that others have open is not looked at beside SQLite: closing it would give back the locks that they have.
  const database = host.isKept(indexPath) ? connectToIndex(indexPath) : openIndexFile(indexPath, root);
  try {
    const facts = new IndexFacts(database);
    hideIn(database, facts, hidden);
    return { database, reader: new IndexReader(database), facts };
  } catch (error) {
    database.close();
    if (!isDamage(error)) {
      throw error;
    }
    host.discard(indexPath);
    if (host.isElsewhere) {
      throw error;
    }
    return openIndex({ host, indexPath, root, hidden });
  }
}

/** Before the first answer: an index that was kept while less was hidden must not tell of what is. */
function hideIn(database: Database.Database, facts: IndexFacts, hidden: HiddenFiles): void {
  const known = facts.hidden() ?? nothingHidden;
  const [, filters] = JSON.parse(known) as [unknown, string[]];
  hidden.recall(filters);
  if (known !== hidden.key) {
    const hide = database.transaction(() => {
      new IndexWriter(database).removeHidden(hidden);
      facts.setHidden(hidden.key);
    });
    hide.immediate();
  }
}
