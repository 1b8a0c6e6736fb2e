// The ledger as the terminal shows it: a line for each app of each account.
import type { Database } from '../../adapters/database/database.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import { type LedgerRow, LedgerStore } from '../../adapters/stores/timeline/ledger.ts';
import { printable } from './printable.ts';
import { readable } from './times.ts';

const longestName = 100;

export interface LedgerLine {
  readonly app: string;
  readonly account: string;
  readonly since: string;
  readonly days: number;
  readonly signIns: number;
  /** Of those after the first, the newest first. */
  readonly again: ReadonlyArray<{ readonly at: string; readonly cause: string }>;
  readonly text: string;
}

const daySeconds = 24 * 3600;

/** Of one account or of everyone. */
export async function readLedger(database: Database, accountId: string | undefined): Promise<LedgerLine[]> {
  const accounts = new AccountStore(database);
  const groups = Object.values(
    Object.groupBy(await new LedgerStore(database).list(accountId), (row) => `${row.accountId} ${row.app}`),
  );
  const lines: LedgerLine[] = [];
  for (const rows of groups) {
    const [newest] = rows ?? [];
    if (rows && newest) lines.push(toLine(rows, (await accounts.findById(newest.accountId))?.username ?? ''));
  }
  return lines;
}

function toLine(rows: readonly LedgerRow[], account: string): LedgerLine {
  const since = rows.reduce((first, { at }) => Math.min(first, at), Number.MAX_SAFE_INTEGER);
  const days = Math.floor((Date.now() / 1000 - since) / daySeconds);
  const again = rows.flatMap(({ at, cause }) => (cause === undefined ? [] : [{ at: readable(at), cause }]));
  const app = printable(rows[0]?.app ?? '', longestName);
  const signIns = rows.length === 1 ? '1 sign-in' : `${rows.length} sign-ins`;
  const causes =
    again.length === 0 ? '' : ` (again: ${again.map(({ at, cause }) => `${cause} ${at}`).join(', ')})`;
  const text = `${app} of ${account}: connected for ${days} ${days === 1 ? 'day' : 'days'}, ${signIns}${causes}`;
  return { app, account, since: readable(since), days, signIns: rows.length, again, text };
}
