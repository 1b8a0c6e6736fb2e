// Introspection while a million expired rows are swept, beside introspection without a sweep; and what a sweep costs that
// finds nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { openDatabase } from '../../../adapters/database/open.ts';
import { TableCounts } from '../../../adapters/sweep/rows.ts';
import { startSweep } from '../../../adapters/sweep/sweep.ts';
import { formatMs, formatRatio, type Measure, median, percentile, printMeasures } from '../measure.ts';
import { BenchServer } from './introspection-load.ts';

const expired = 1_000_000;

const grantsOfEmptySweep = [1000, 10_000, 100_000];
const hour = 3600;
const day = 24 * hour;

export async function run({ seconds }: { seconds: number }): Promise<void> {
  await runEmpty();
  await runBeside(seconds);
}

/** Every grant with a refresh token and an access token that live. The first sweep has looked at each of them. */
async function runEmpty(): Promise<void> {
  const measures: Measure[] = [];
  let smallest: number | undefined;
  for (const grants of grantsOfEmptySweep) {
    const { firstMs, nextMs } = await measureEmpty(grants);
    smallest ??= nextMs;
    measures.push({
      what: `CPU of a sweep that finds nothing, ${grants.toLocaleString('en')} grants`,
      value: `${formatMs(nextMs)} (the first: ${formatMs(firstMs)})`,
      beside: `${grantsOfEmptySweep[0]} grants`,
      ratio: formatRatio(nextMs / smallest),
      ...(grants === 100_000 && { aim: 'at most 20 ms' }),
    });
  }
  printMeasures('Sweeps that find nothing, with the count of rows', measures);
}

async function measureEmpty(grants: number): Promise<{ firstMs: number; nextMs: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-bench-'));
  const path = join(folder, 'auth.db');
  const database = await openDatabase(`sqlite:${path}`);
  fillLiving(path, grants);
  const sweep = startSweep(database, {
    counts: new TableCounts(database),
    refreshTokenIdleSeconds: 90 * day,
    accessTokenSeconds: hour,
    unusedClientSeconds: 30 * day,
    // The first run looks at every grant: with 25 in a transaction it would take its time.
    batchRows: 1000,
    pauseMs: 0,
  });
  const cpuMsOfRun = async (): Promise<number> => {
    const before = process.cpuUsage();
    await sweep.runOnce();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const firstMs = await cpuMsOfRun();
  const next: number[] = [];
  for (let turn = 0; turn < 9; turn += 1) next.push(await cpuMsOfRun());
  await sweep.stop();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
  return { firstMs, nextMs: median(next) };
}

function fillLiving(path: string, grants: number): void {
  const file = new Sqlite(path);
  const now = Math.floor(Date.now() / 1000);
  const columns = 'id, payload, expires_at';
  const insertGrant = file.prepare(
    `INSERT INTO grants (${columns}, account_id, client_id, created_at) VALUES (?, '{}', ?, 'ann', 'app', ?)`,
  );
  const insertRefresh = file.prepare(
    `INSERT INTO refresh_tokens (${columns}, grant_id, issued_at) VALUES (?, '{}', ?, ?, ?)`,
  );
  const insertAccess = file.prepare(
    `INSERT INTO access_tokens (${columns}, grant_id) VALUES (?, '{}', ?, ?)`,
  );
  file.transaction(() => {
    for (let n = 0; n < grants; n += 1) {
      // Issued within the last hour, but not just now.
      const issuedAt = now - 300 - (n % 3000);
      const id = `grant-${n}`.padEnd(43, '-');
      insertGrant.run(id, now + 50 * 365 * day, issuedAt);
      insertRefresh.run(`refresh-${n}`.padEnd(43, '-'), issuedAt + 90 * day, id, issuedAt);
      insertAccess.run(`access-${n}`.padEnd(43, '-'), issuedAt + hour, id);
    }
  })();
  file.close();
}

async function runBeside(seconds: number): Promise<void> {
  const still = await measure(0, seconds);
  const swept = await measure(expired, seconds);
  const beside = 'without a sweep';
  const row = (what: string, share: number): Measure[] => {
    const [before, during] = [percentile(still.latencies, share), percentile(swept.latencies, share)];
    return [
      { what: `${what}, ${beside}`, value: formatMs(before) },
      {
        what: `${what}, while sweeping`,
        value: formatMs(during),
        beside,
        ratio: formatRatio(during / before),
      },
    ];
  };
  printMeasures(
    `Sweep of ${expired.toLocaleString('en')} expired rows beside introspection, ${seconds} s each`,
    [
      ...row('introspection p50', 0.5),
      ...row('introspection p99', 0.99),
      { what: 'rows swept meanwhile', value: `${swept.rows}, ${(swept.rows / seconds).toFixed(0)} a second` },
    ],
  );
}

async function measure(rows: number, seconds: number): Promise<{ latencies: number[]; rows: number }> {
  const server = await BenchServer.start('sqlite', 10_000, 100, rows);
  const before = (await server.figures()).expiredRows;
  const overAt = performance.now() + seconds * 1000;
  const { latencies } = await server.introspect(() => performance.now() > overAt);
  const after = (await server.figures()).expiredRows;
  await server.stop();
  return { latencies, rows: before - after };
}
