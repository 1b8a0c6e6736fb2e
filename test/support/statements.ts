// What is asked of a database, and how SQLite goes about it.
import type { Database } from '../../adapters/database/database.ts';

/** The statements that run on it. */
export function watchStatements(database: Database): {
  readonly watched: Database;
  readonly statements: string[];
} {
  const statements: string[] = [];
  const watched: Database = {
    ...database,
    first: (statement, values) => {
      statements.push(statement.sql);
      return database.first(statement, values);
    },
    all: (statement, values) => {
      statements.push(statement.sql);
      return database.all(statement, values);
    },
    commit: (writes) => {
      statements.push(...writes.map(({ statement }) => statement.sql));
      return database.commit(writes);
    },
  };
  return { watched, statements };
}

/** The steps of its plan, in words. */
export async function explain(database: Database, sql: string): Promise<string[]> {
  const slots = sql
    .split('?')
    .slice(1)
    .map(() => 1);
  const plan = await database.all({ sql: `EXPLAIN QUERY PLAN ${sql}`, slots }, {});
  return plan.map(({ detail }) => String(detail));
}
