// A loop-auth for the benchmarks of refreshing, as a process of its own. Its argument is where it keeps what it issues: `memory`
// is the library's own adapter, `file` a SQLite file of its own, both with families of their own; anything else the URL of a
// database that others have filled.
import { createRequire } from 'node:module';
import type { Adapter } from 'oidc-provider';
import type { Database } from '../../../../adapters/database/database.ts';
import { openDatabase } from '../../../../adapters/database/open.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { createLog } from '../../../../auth/http/log.ts';
import { createMetrics } from '../../../../auth/http/metrics.ts';
import { openApp } from '../../../../auth/service.ts';
import { openPlace } from '../place.ts';
import { type Family, keepFamilies, makeFamilies, storeFamilies } from './families.ts';

export interface ServerFacts {
  readonly port: number;
  readonly families: Family[];
}

// The library's memory adapter holds a thousand rows of all kinds, and looks through all that a grant ever had at each refresh.
const families = 128;

if (process.argv[1] === import.meta.filename) await serve(String(process.argv[2]));

async function serve(storage: string): Promise<void> {
  const { port, config, serve: serveApp } = await openPlace();
  const isOwn = ['memory', 'file'].includes(storage);
  const database = await openDatabase(isOwn ? config.databaseUrl : storage);
  const adapter = storage === 'memory' ? await createMemoryAdapter() : undefined;
  const made = isOwn ? await fill(database, adapter) : [];
  const log = createLog('fatal', { write: () => {} });
  const surroundings = { database, log, metrics: createMetrics() };
  const ofLibrary = adapter && { adapter, isLibraryAlone: true };
  const app = await openApp(config, { ...surroundings, ...ofLibrary });
  serveApp(app.listener);
  process.send?.({ port, families: made } satisfies ServerFacts);
}

async function fill(database: Database, adapter: ((name: string) => Adapter) | undefined): Promise<Family[]> {
  const { id } = await new AccountStore(database).create('bench', 'no password opens this');
  const made = makeFamilies(families);
  if (adapter) await keepFamilies({ database, adapter }, id, made);
  else await storeFamilies(database, id, made);
  return made;
}

async function createMemoryAdapter(): Promise<(name: string) => Adapter> {
  // Not exported by the package; reached by its path.
  const path = createRequire(import.meta.url).resolve('oidc-provider/lib/adapters/memory_adapter.js');
  const made = (await import(path)) as {
    createMemoryAdapter: (clockTolerance: number) => (name: string) => Adapter;
  };
  return made.createMemoryAdapter(15);
}
