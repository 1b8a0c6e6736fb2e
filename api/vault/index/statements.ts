// SQL prepared once per connection, by name.
import type Database from 'better-sqlite3';

export type Statements<Sql> = { readonly [Name in keyof Sql]: Database.Statement<unknown[]> };

export function prepareStatements<Sql extends Record<string, string>>(
  database: Database.Database,
  sql: Sql,
): Statements<Sql> {
  const prepared = Object.entries(sql).map(([name, text]) => [name, database.prepare(text)] as const);
  return Object.fromEntries(prepared) as Statements<Sql>;
}
