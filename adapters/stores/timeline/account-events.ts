// What happened to accounts, for their owners: sign-ins good and bad, and changes (table `account_events`).
import { randomUUID } from 'node:crypto';
import { perAccount } from '../../bounds.ts';
import type { Database } from '../../database/database.ts';
import { compile, param, type Row, type Statement, textOf, type Write } from '../../database/statement.ts';
import { triesDays } from './tries.ts';

/** Words only, of the trail's (auth/http/trail.ts); the time in epoch seconds. */
export interface AccountEvent {
  readonly accountId: string;
  readonly at: number;
  readonly event: string;
  /** Whether it is something that strangers can make happen. */
  readonly isRefusal: boolean;
  readonly reason: string | undefined;
  readonly network: string;
  readonly clientId: string | undefined;
}

const mostListed = 100;
const columns = ['id', 'at', 'expires_at', 'event', 'is_refusal', 'reason', 'network', 'client_id'];

export class AccountEventStore {
  readonly #database: Database;
  readonly #add: Statement;
  readonly #trim: Statement;
  readonly #list: Statement;

  constructor(database: Database) {
    const { builder } = database;
    const rows = () => builder('account_events');
    this.#database = database;
    // Of an account that is gone meanwhile, or never was, there is nothing to keep.
    const typed = columns.map((name) => (/at$|is_/.test(name) ? 'cast(? as bigint)' : 'cast(? as text)'));
    this.#add = compile(
      builder.raw(
        `insert into account_events (account_id, ${columns}) select id, ${typed} from accounts where id = ?`,
        [...columns, 'account_id'].map((name) => param(name)),
      ),
    );
    const own = () => rows().where({ account_id: param('accountId') });
    this.#trim = compile(
      rows()
        .whereIn(
          'id',
          own()
            .where({ is_refusal: param('isRefusal') })
            .select('id')
            .orderBy('at', 'desc')
            .limit(1000)
            .offset(perAccount.events),
        )
        .delete(),
    );
    this.#list = compile(own().where('at', '<', param('before')).orderBy('at', 'desc').limit(mostListed));
  }

  /** All in one transaction, and the oldest of too many go with it. */
  async add(events: readonly AccountEvent[]): Promise<void> {
    const accounts = [...new Set(events.map(({ accountId }) => accountId))].sort();
    const trims: Write[] = accounts.flatMap((accountId) =>
      [0, 1].map((isRefusal) => ({ statement: this.#trim, values: { accountId, isRefusal } })),
    );
    await this.#database.commit([
      ...events.map((one) => ({ statement: this.#add, values: toValues(one) })),
      ...trims,
    ]);
  }

  /** The newest first, 100 at most, older than `before`. */
  async list(accountId: string, before = Number.MAX_SAFE_INTEGER): Promise<AccountEvent[]> {
    return (await this.#database.all(this.#list, { accountId, before })).map(toEvent);
  }
}

function toValues(one: AccountEvent) {
  return {
    id: randomUUID(),
    account_id: one.accountId,
    at: one.at,
    expires_at: one.at + triesDays * 24 * 3600,
    event: one.event,
    is_refusal: one.isRefusal ? 1 : 0,
    reason: one.reason ?? null,
    network: one.network,
    client_id: one.clientId ?? null,
  };
}

function toEvent(row: Row): AccountEvent {
  return {
    accountId: String(row['account_id']),
    at: Number(row['at']),
    event: String(row['event']),
    isRefusal: Number(row['is_refusal']) === 1,
    reason: textOf(row['reason']),
    network: String(row['network']),
    clientId: textOf(row['client_id']),
  };
}
