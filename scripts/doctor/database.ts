// What only the database tells. Loaded where loop-auth's own code is, and there alone.
import { existsSync } from 'node:fs';
import { findLatestBackup } from '../../adapters/backups/folder.ts';
import type { Database } from '../../adapters/database/database.ts';
import { DatabaseDamaged, DatabaseNewer, DatabaseUnavailable } from '../../adapters/database/errors.ts';
import { inspectDatabase } from '../../adapters/database/inspection.ts';
import { openDatabase } from '../../adapters/database/open.ts';
import { epochSeconds } from '../../adapters/database/time.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import { KeyStore } from '../../adapters/stores/keys.ts';
import type { AuthConfig } from '../../auth/config.ts';
import { createKeySeal, KeysUnreadable } from '../../auth/keys/seal.ts';
import { readKeys } from '../../auth/keys/server-keys.ts';
import { elsewhere, type Finding, failure, fine, warning } from './findings.ts';

type Place = Pick<AuthConfig, 'databaseUrl'>;

const sqlitePathOf = ({ databaseUrl }: Place): string | undefined =>
  databaseUrl.startsWith('sqlite:') ? databaseUrl.slice('sqlite:'.length) : undefined;

/** Of a database in a container's volume nothing is seen from outside. */
export function isDatabaseHere(config: Place): boolean {
  const path = sqlitePathOf(config);
  return path === undefined || existsSync(path);
}

export async function lookAtDatabase(config: AuthConfig): Promise<Finding> {
  const path = sqlitePathOf(config);
  if (!isDatabaseHere(config)) return elsewhere;
  try {
    const pending = await inspectDatabase(config.databaseUrl);
    if (pending.length === 0) return fine(path ?? 'PostgreSQL');
    return failure('databaseAway', { message: `${pending.join(', ')}: loop-auth` });
  } catch (error) {
    return judgeDatabase(error, path ?? '');
  }
}

function judgeDatabase(error: unknown, path: string): Finding {
  if (error instanceof DatabaseDamaged) return failure('databaseDamaged', { path });
  if (error instanceof DatabaseUnavailable) return failure('databaseAway', { message: error.message });
  if (!(error instanceof DatabaseNewer)) throw error;
  return failure('databaseNewer', { migration: /the migration ([\w-]+)/.exec(error.message)?.[1] ?? '' });
}

const staleBackupHours = 49;

export async function lookAtBackups(config: AuthConfig): Promise<Finding> {
  const { backupFolder } = config;
  if (sqlitePathOf(config) === undefined) return elsewhere;
  if (backupFolder === undefined) return isDatabaseHere(config) ? warning('backupNone') : elsewhere;
  const now = epochSeconds();
  const latest = findLatestBackup(backupFolder, now);
  const hours = latest === undefined ? '∞' : String(Math.floor((now - latest) / 3600));
  const isStale = latest === undefined || now - latest > staleBackupHours * 3600;
  return isStale ? warning('backupOld', { folder: backupFolder, hours }) : fine(`${hours} h`);
}

export function lookAtAccount(config: AuthConfig): Promise<Finding> {
  return withDatabase(config, async (database) =>
    (await new AccountStore(database).findOldest()) ? fine() : failure('noAccount'),
  );
}

export function lookAtKeys(config: AuthConfig): Promise<Finding> {
  return withDatabase(config, async (database) => {
    try {
      const keys = await readKeys(
        new KeyStore(database),
        createKeySeal(config.encryptionKey),
        epochSeconds(),
      );
      return fine(keys.signing.map(({ alg }) => String(alg)).join(', '));
    } catch (error) {
      if (error instanceof KeysUnreadable) return failure('keys', { message: error.message });
      throw error;
    }
  });
}

async function withDatabase(
  config: AuthConfig,
  look: (database: Database) => Promise<Finding>,
): Promise<Finding> {
  if (!isDatabaseHere(config)) return elsewhere;
  try {
    const database = await openDatabase(config.databaseUrl);
    try {
      return await look(database);
    } finally {
      await database.close();
    }
  } catch (error) {
    if (error instanceof DatabaseUnavailable) return failure('databaseAway', { message: error.message });
    throw error;
  }
}
