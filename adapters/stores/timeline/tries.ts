// Tries to connect, a row each: what was found of one is added to it, and the oldest of too many go (table `tries`).
import type { Knex } from 'knex';
import { perAccount, strangersTries } from '../../bounds.ts';
import type { Database } from '../../database/database.ts';
import {
  compile,
  param,
  type Row,
  type Statement,
  textOf,
  type Values,
  type Write,
} from '../../database/statement.ts';
import { epochSeconds } from '../../database/time.ts';

/** In the order in which an app meets them. */
export const stepNames = [
  'knocked',
  'found',
  'described',
  'asked',
  // Of a terminal (RFC 8628) in place of the one before.
  'codeShown',
  'codeEntered',
  'signInShown',
  'signedIn',
  'allowed',
  'tokenGiven',
  'called',
  'refreshed',
] as const;
export type StepName = (typeof stepNames)[number];

export interface Step {
  /** Epoch seconds; of what happens again the last time. */
  readonly at: number;
  readonly network: string;
  readonly result: 'done' | 'failed';
  readonly count: number;
}

type Steps = Readonly<Partial<Record<StepName, Step>>>;

/** Times in epoch seconds. Undefined is what is not known. */
export interface Try {
  readonly id: string;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly network: string;
  readonly clientId: string | undefined;
  readonly accountId: string | undefined;
  readonly grantId: string | undefined;
  /** A hash of what one authorization request is known by. */
  readonly request: string | undefined;
  /** Why it goes no further: one word. */
  readonly cause: string | undefined;
  /** The id of the request that was refused last, which its page shows. */
  readonly code: string | undefined;
  /** Whether steps were put together by address and time alone. */
  readonly isGuessed: boolean;
  readonly steps: Steps;
}

/** With what its app is called, where that is still there. */
export interface ListedTry extends Try {
  readonly clientName: string | undefined;
}

/** What a try is known by. */
export type FoundBy = 'grantId' | 'request' | 'clientId' | 'network';

export const triesDays = 14;
const mostListed = 100;
const mostOfStrangers = 20;
const mostTrimmed = 1000;
const columns = [
  'id',
  'started_at',
  'updated_at',
  'expires_at',
  'network',
  'client_id',
  'account_id',
  'grant_id',
  'request',
  'cause',
  'code',
  'is_guessed',
  'steps',
];

export class TryStore {
  readonly #database: Database;
  readonly #save: Statement;
  readonly #trims: Readonly<Record<'account' | 'network' | 'all', Statement>>;
  readonly #finds: Readonly<Record<FoundBy, Statement>>;
  readonly #lists: Readonly<Record<'account' | 'nobody' | 'all' | 'code', Statement>>;

  constructor(database: Database) {
    const { builder } = database;
    const rows = () => builder('tries');
    this.#database = database;
    // An account that is gone meanwhile leaves none.
    const places = columns.map((name) =>
      name === 'account_id' ? '(select id from accounts where id = ?)' : '?',
    );
    const updates = columns.slice(2).map((name) => `${name} = excluded.${name}`);
    this.#save = compile(
      builder.raw(
        `insert into tries (${columns}) values (${places}) on conflict (id) do update set ${updates}`,
        columns.map((name) => param(name)),
      ),
    );
    this.#trims = trimsOf(builder);
    const newest = (column: string) =>
      rows()
        .where({ [column]: param('value') })
        .where('updated_at', '>=', param('since'))
        .orderBy('updated_at', 'desc')
        .limit(1);
    // Many accounts may have let the same app in.
    const ofAccount = '(account_id is null or account_id = coalesce(cast(? as text), account_id))';
    this.#finds = {
      grantId: compile(newest('grant_id')),
      request: compile(newest('request')),
      clientId: compile(newest('client_id').whereRaw(ofAccount, [param('accountId')])),
      network: compile(newest('network')),
    };
    const listed = () =>
      rows()
        .leftJoin('clients', 'clients.id', 'tries.client_id')
        .select('tries.*', 'clients.payload')
        .orderBy('tries.updated_at', 'desc')
        .limit(mostListed);
    this.#lists = {
      account: compile(
        listed()
          .where({ account_id: param('value') })
          .where('tries.updated_at', '<', param('before')),
      ),
      nobody: compile(
        listed()
          .whereNull('account_id')
          .where('tries.updated_at', '<', param('before'))
          .limit(mostOfStrangers),
      ),
      all: compile(listed().where('tries.updated_at', '<', param('before'))),
      code: compile(listed().where({ code: param('value') })),
    };
  }

  /**
   * The one that was last added to since then (epoch seconds); undefined where there is none. `accountId` leaves out an
   * app's tries for others.
   */
  async findLast(
    by: FoundBy,
    value: string,
    { since, accountId }: { readonly since: number; readonly accountId?: string | undefined },
  ): Promise<Try | undefined> {
    const values = { value, since, ...(by === 'clientId' && { accountId: accountId ?? null }) };
    const row = await this.#database.first(this.#finds[by], values);
    return row && toTry(row);
  }

  /** All in one transaction, and the oldest of too many go with it. */
  async save(tries: readonly Try[]): Promise<void> {
    const values = (name: 'accountId' | 'network'): string[] =>
      [...new Set(tries.map((one) => one[name]).filter((value) => value !== undefined))].sort();
    const trims: Write[] = [
      ...values('accountId').map((value) => ({ statement: this.#trims.account, values: { value } })),
      ...values('network').map((value) => ({ statement: this.#trims.network, values: { value } })),
      { statement: this.#trims.all, values: {} },
    ];
    await this.#database.commit([
      ...tries.map((one) => ({ statement: this.#save, values: toValues(one) })),
      ...trims,
    ]);
  }

  /** The newest first, 100 at most, older than `before`; of one account or of everyone. */
  async list(accountId: string | undefined, before = Number.MAX_SAFE_INTEGER): Promise<ListedTry[]> {
    const rows =
      accountId === undefined
        ? await this.#database.all(this.#lists.all, { before })
        : await this.#database.all(this.#lists.account, { value: accountId, before });
    return rows.map(toListed);
  }

  /** Those that nobody signed in for: the newest first, 20 at most, so that strangers bury nothing. */
  async listOfNobody(before = Number.MAX_SAFE_INTEGER): Promise<ListedTry[]> {
    return (await this.#database.all(this.#lists.nobody, { before })).map(toListed);
  }

  /** Those in which a page showed that code last. */
  async listByCode(code: string): Promise<ListedTry[]> {
    return (await this.#database.all(this.#lists.code, { value: code })).map(toListed);
  }
}

/** What goes beyond the newest of an account, and of strangers. */
function trimsOf(builder: Knex): Readonly<Record<'account' | 'network' | 'all', Statement>> {
  const rows = () => builder('tries');
  const strangers = () => rows().whereNull('account_id');
  const beyond = (kept: number, of: Knex.QueryBuilder) => {
    const oldest = of.select('id').orderBy('updated_at', 'desc').limit(mostTrimmed).offset(kept);
    return compile(rows().whereIn('id', oldest).delete());
  };
  return {
    account: beyond(perAccount.tries, rows().where({ account_id: param('value') })),
    network: beyond(strangersTries.ofNetwork, strangers().where({ network: param('value') })),
    all: beyond(strangersTries.ofAll, strangers()),
  };
}

function toValues(one: Try): Values {
  return {
    id: one.id,
    started_at: one.startedAt,
    updated_at: one.updatedAt,
    expires_at: epochSeconds() + triesDays * 24 * 3600,
    network: one.network,
    client_id: one.clientId ?? null,
    account_id: one.accountId ?? null,
    grant_id: one.grantId ?? null,
    request: one.request ?? null,
    cause: one.cause ?? null,
    code: one.code ?? null,
    is_guessed: one.isGuessed ? 1 : 0,
    steps: JSON.stringify(one.steps),
  };
}

function toTry(row: Row): Try {
  return {
    id: String(row['id']),
    startedAt: Number(row['started_at']),
    updatedAt: Number(row['updated_at']),
    network: String(row['network']),
    clientId: textOf(row['client_id']),
    accountId: textOf(row['account_id']),
    grantId: textOf(row['grant_id']),
    request: textOf(row['request']),
    cause: textOf(row['cause']),
    code: textOf(row['code']),
    isGuessed: Number(row['is_guessed']) === 1,
    steps: JSON.parse(String(row['steps'])) as Steps,
  };
}

function toListed(row: Row): ListedTry {
  const payload = textOf(row['payload']);
  const { client_name: name } = (payload === undefined ? {} : JSON.parse(payload)) as {
    client_name?: string;
  };
  return { ...toTry(row), clientName: name };
}
