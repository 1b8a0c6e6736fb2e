// Opens the database that a URL names: the one place that knows which engines there are.
import type { Database } from './database.ts';
import { openSqliteDatabase } from './sqlite.ts';

/**
 * Opens the database named by a URL (`sqlite:PATH`, `postgres://…`, `postgresql://…`) and migrates it; the caller
 * closes it. Throws DatabaseDamaged, DatabaseNewer or DatabaseUnavailable, each saying which one and what to do.
 */
export async function openDatabase(url: string): Promise<Database> {
  if (!/^postgres(ql)?:/.test(url)) return openSqliteDatabase(url.replace(/^sqlite:/, ''));
  // Loaded only here: who keeps a file needs no driver for a server.
  const { openPostgresDatabase } = await import('./postgres.ts');
  return openPostgresDatabase(url);
}
