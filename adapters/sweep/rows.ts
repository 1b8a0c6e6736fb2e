// How many rows each table holds and may hold, without walking a large one where somebody waits for the answer.
import { boundsFor, type RowCounts } from '../bounds.ts';
import type { Database } from '../database/database.ts';
import { compile, type Statement } from '../database/statement.ts';
import type { SweepStep } from './steps.ts';

// So many rows are counted in less than a millisecond; of larger tables the number is the last sweep's.
const countedAtOnce = 10_000;
// What was counted holds for this long, with what was admitted since. Real time: a test's clock may stand still.
const heldMs = 1000;

/** What is counted, with a column that an index holds: a table or the part of one that strangers fill. */
const counted = {
  accounts: 'id',
  clients: 'id',
  client_key_sets: 'client_id',
  interactions: 'id',
  sessions: 'id',
  replay_detections: 'id',
  initial_access_tokens: 'id',
  grants: 'id',
  authorization_codes: 'id',
  device_codes: 'id',
  access_tokens: 'id',
  refresh_tokens: 'id',
  devices: 'id',
  browsers: 'uid',
  one_time_codes: 'account_id',
  one_time_code_steps: 'step',
  recovery_codes: 'hash',
  passkeys: 'id',
  sign_in_steps: 'id',
  upstream_links: 'account_id',
  grant_calls: 'grant_id',
  tries: 'id',
  account_events: 'id',
  ledger: 'grant_id',
  access_keys: 'id',
  revoked_keys: 'id',
  limits: 'key',
  setup_links: 'id',
  sweeps: 'name',
  resource_descriptions: 'resource',
  resources: 'resource',
  server_keys: 'id',
  server_secrets: 'name',
  backups: 'made_at',
} as const;

type Table = keyof typeof counted;

/** Tables that may grow past what is counted at once. */
const large: readonly Table[] = [
  'clients',
  'grants',
  'grant_calls',
  'access_tokens',
  'refresh_tokens',
  'limits',
];

export interface TableRows {
  readonly table: string;
  readonly rows: number;
  /** Undefined where only an operator's own hand makes rows. */
  readonly bound: number | undefined;
}

/** What strangers fill: `anonymous sessions` are those that nobody is signed in with. */
export type Filled = 'interactions' | 'anonymous sessions' | 'device_codes';

export class TableCounts {
  readonly #database: Database;
  readonly #statements: Readonly<Record<Table, Statement>>;
  readonly #anonymousSessions: Statement;
  readonly #clientsLetIn: Statement;
  readonly #swept = new Map<string, number>();
  readonly #held = new Map<string, { rows: number; readonly until: number }>();

  constructor(database: Database) {
    const { builder } = database;
    this.#database = database;
    const names = Object.keys(counted) as Table[];
    this.#statements = Object.fromEntries(
      names.map((table) => [table, countUpTo(database, builder(table).select(counted[table]))]),
    ) as Record<Table, Statement>;
    this.#anonymousSessions = countUpTo(database, builder('sessions').select('id').whereNull('account_id'));
    this.#clientsLetIn = countUpTo(database, builder('clients').select('id').whereNotNull('granted_at'));
  }

  /** Every table, for an operator. */
  async list(): Promise<TableRows[]> {
    const rows: Record<string, number> = {};
    for (const table of Object.keys(counted) as Table[]) {
      const at = await this.#count(this.#statements[table]);
      rows[table] = at < countedAtOnce ? at : Math.max(at, this.#swept.get(table) ?? 0);
    }
    const clientsLetIn = await this.#count(this.#clientsLetIn);
    const bounds: RowCounts = boundsFor({
      accounts: rows['accounts'] ?? 0,
      grants: rows['grants'] ?? 0,
      clientsLetIn,
    });
    return Object.entries(rows).map(([table, count]) => ({ table, rows: count, bound: bounds[table] }));
  }

  /** How many of these there are: a second old at most. */
  async filled(what: Filled): Promise<number> {
    const held = this.#held.get(what);
    if (held && held.until > performance.now()) return held.rows;
    const statement = what === 'anonymous sessions' ? this.#anonymousSessions : this.#statements[what];
    const rows = await this.#count(statement);
    this.#held.set(what, { rows, until: performance.now() + heldMs });
    return rows;
  }

  /** One more of them is about to be stored. */
  added(what: Filled): void {
    const held = this.#held.get(what);
    if (held) held.rows += 1;
  }

  /** Counts the large tables, one a step. */
  steps(): SweepStep[] {
    return large.map((table) => {
      // Of a whole table SQLite adds up what each page of its smallest index says of itself: 0.7 ms for a million rows.
      const all = compile(this.#database.builder(table).count({ rows: '*' }));
      const start = () => this.#keepCount(table, all);
      return { name: `${table} counted`, start };
    });
  }

  async *#keepCount(table: Table, all: Statement): AsyncGenerator<number> {
    this.#swept.set(table, await this.#count(all));
    yield 0;
  }

  async #count(statement: Statement): Promise<number> {
    return Number((await this.#database.first(statement, {}))?.['rows']);
  }
}

function countUpTo({ builder }: Database, rows: ReturnType<Database['builder']>): Statement {
  return compile(builder(rows.limit(countedAtOnce).as('counted')).count({ rows: '*' }));
}
