// SQLite's log whose syncs end when a test says so, well or badly; the disk behind it is real.
import { open as openFile } from 'node:fs/promises';
import type { Database } from '../../adapters/database/database.ts';
import { openSqliteDatabase } from '../../adapters/database/sqlite.ts';

export interface HeldLog {
  /** Syncs that have begun and not ended. */
  readonly running: () => number;
  readonly begun: () => number;
  /** Holds the syncs that begin from now on, or none. */
  hold: (isHeld: boolean) => void;
  /** Ends the sync under way; with an error's code it fails. */
  end: (code?: string) => void;
}

export async function openHeld(path: string): Promise<{ database: Database; log: HeldLog }> {
  let isHeld = false;
  let begun = 0;
  const running: PromiseWithResolvers<void>[] = [];
  const database = await openSqliteDatabase(path, async (log) => {
    const file = await openFile(log);
    return {
      datasync: async () => {
        begun += 1;
        if (isHeld) {
          const held = Promise.withResolvers<void>();
          running.push(held);
          await held.promise;
        }
        await file.datasync();
      },
      close: () => file.close(),
    };
  });
  // without that of opening
  begun = 0;
  const log: HeldLog = {
    running: () => running.length,
    begun: () => begun,
    hold: (next) => {
      isHeld = next;
    },
    end: (code) => {
      const sync = running.shift();
      if (code === undefined) sync?.resolve();
      else sync?.reject(Object.assign(new Error(`${code}: the disk`), { code }));
    },
  };
  return { database, log };
}
