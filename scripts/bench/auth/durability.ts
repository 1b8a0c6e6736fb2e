// What a commit costs that SQLite itself syncs: a transaction of a refresh with synchronous FULL and NORMAL. loop-auth has NORMAL
// and syncs for many commits at once (slow-disk/).
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { openDatabase } from '../../../adapters/database/open.ts';
import { formatRatio, median, printMeasures } from '../measure.ts';

const transactions = 2000;
const rounds = 5;

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-bench-'));
  try {
    const path = join(folder, 'auth.db');
    await (await openDatabase(`sqlite:${path}`)).close();
    const costs = { NORMAL: [] as number[], FULL: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      for (const level of ['NORMAL', 'FULL'] as const) costs[level].push(timeTransactions(path, level));
    }
    const [normal, full] = [median(costs.NORMAL), median(costs.FULL)];
    printMeasures('Durability: a transaction of the size of a refresh', [
      {
        what: 'synchronous = NORMAL, as loop-auth has it, without its syncs',
        value: `${normal.toFixed(0)} µs`,
      },
      {
        what: 'synchronous = FULL',
        value: `${full.toFixed(0)} µs`,
        beside: 'NORMAL',
        ratio: formatRatio(full / normal),
      },
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Microseconds of one transaction of the size of a refresh: one row used, two added. */
function timeTransactions(path: string, level: 'NORMAL' | 'FULL'): number {
  const file = new Sqlite(path);
  file.pragma(`synchronous = ${level}`);
  const insert = file.prepare(
    'INSERT INTO access_tokens (id, payload, expires_at, grant_id) VALUES (?, ?, ?, ?)',
  );
  const update = file.prepare('UPDATE access_tokens SET expires_at = 1 WHERE id = ?');
  const payload = JSON.stringify({ padding: 'x'.repeat(300) });
  const one = file.transaction((id: string) => {
    update.run(id);
    for (const suffix of ['a', 'b']) insert.run(id + suffix, payload, 0, 'grant');
  });
  const startedAt = performance.now();
  for (let index = 0; index < transactions; index += 1) one.immediate(randomBytes(32).toString('base64url'));
  const microseconds = ((performance.now() - startedAt) * 1000) / transactions;
  file.close();
  return microseconds;
}
