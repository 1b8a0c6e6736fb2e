// Whether a SQLite file has the schema of this version already, asked with three statements. Nearly every start finds it so, and
// Knex, which takes the write lock for it, needs a tenth of the start to find nothing to do.
import type Sqlite from 'better-sqlite3';
import { migrationNames } from './migrate.ts';

/** False, too, where something is unusual: then Knex does what there is to do, or says what is the matter. */
export function hasAllMigrations(connection: Sqlite.Database): boolean {
  const column = (sql: string): unknown[] => connection.prepare(sql).pluck().all();
  const tables = "select name from sqlite_schema where name in ('knex_migrations', 'knex_migrations_lock')";
  if (column(tables).length < 2 || column('select is_locked from knex_migrations_lock').some(Boolean))
    return false;
  const applied = column('select name from knex_migrations order by id');
  return applied.length === migrationNames.length && migrationNames.every((name, at) => name === applied[at]);
}
