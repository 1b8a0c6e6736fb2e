// The ways a database can fail its callers, each with the way out.

/**
 * Busy, locked, full, read-only or away: trying again later is right (503 at the edge). Nothing was written, except
 * that nobody can know it of a server whose connection broke during the commit itself.
 */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}

/** The file is not a SQLite database or its content is damaged; it was left as it is. */
export class DatabaseDamaged extends Error {
  override readonly name = 'DatabaseDamaged';

  constructor(path: string, options: ErrorOptions) {
    super(
      `the database file ${path} is damaged or not a SQLite database; it was not changed. ` +
        'Restore a backup, or move the file away to start empty (everyone signs in again)',
      options,
    );
  }
}

/** A process has the file open that is to be replaced or moved; nothing was changed. */
export class DatabaseInUse extends Error {
  override readonly name = 'DatabaseInUse';

  constructor(path: string, options: ErrorOptions) {
    super(`${path} is in use: stop loop-auth first`, options);
  }
}

/** A newer version of loop has migrated this database further than this version knows. */
export class DatabaseNewer extends Error {
  override readonly name = 'DatabaseNewer';

  constructor(location: string, migration: string) {
    super(
      `the database ${location} was last used by a newer version of loop (it holds the migration ${migration}); ` +
        'it was not changed. Run that version again, or restore a backup made by this one',
    );
  }
}

const damagedCodes = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);

/** True for SQLite's codes that mean the file itself can't be trusted. */
export function isDamage(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && damagedCodes.has(code.split('_').slice(0, 2).join('_'));
}
