// A loop-auth for the benchmark of a slow disk, as a process of its own. Its argument: `stopping` is how it was before, each
// commit synced by SQLite itself; anything else is how it is.
import Sqlite from 'better-sqlite3';
import type { Database } from '../../../../adapters/database/database.ts';
import { openSqliteDatabase } from '../../../../adapters/database/sqlite.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { createLog } from '../../../../auth/http/log.ts';
import { createMetrics } from '../../../../auth/http/metrics.ts';
import { openApp } from '../../../../auth/service.ts';
import { openPlace } from '../place.ts';
import { type Family, makeFamilies, storeFamilies } from '../refresh/families.ts';

export interface ServerFacts {
  readonly port: number;
  readonly families: Family[];
}

/** Its answer to any message. */
export interface ServerFigures {
  readonly cpuMicroseconds: number;
  readonly logBytes: number;
}

const families = 64;
const normal = 'synchronous = NORMAL';

if (process.argv[1] === import.meta.filename) await serve(process.argv[2] === 'stopping');

async function serve(isStopping: boolean): Promise<void> {
  const { path, port, config, serve: serveApp } = await openPlace();
  const database = isStopping ? await openStopping(path) : await openSqliteDatabase(path);
  const account = await new AccountStore(database).create('bench', 'no password opens this');
  const made = makeFamilies(families);
  await storeFamilies(database, account.id, made);
  const log = createLog('fatal', { write: () => {} });
  const app = await openApp(config, { database, log, metrics: createMetrics() });
  const reader = new Sqlite(path, { readonly: true });
  const logSize = reader.prepare<[], { log: number }>('pragma wal_checkpoint(NOOP)');
  serveApp(app.listener, () => ({ logBytes: (logSize.get()?.log ?? 0) * 4120 }));
  process.send?.({ port, families: made } satisfies ServerFacts);
}

/** As it was: what makes commits wait for our own sync is left away, and SQLite syncs each, and its checkpoints. */
async function openStopping(path: string): Promise<Database> {
  const { pragma } = Sqlite.prototype;
  Sqlite.prototype.pragma = function (source, options) {
    const isLeftAway = /^wal_autocheckpoint/.test(source) || (source === normal && this === main);
    main ??= this;
    return isLeftAway ? undefined : pragma.call(this, source, options);
  };
  let main: Sqlite.Database | undefined;
  return openSqliteDatabase(path, async () => ({ datasync: async () => {}, close: async () => {} }));
}
