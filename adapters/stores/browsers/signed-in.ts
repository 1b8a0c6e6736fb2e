// Browsers that an account is signed in with: a row for each session, with where it was seen last (table `browsers`).
import { perAccount } from '../../bounds.ts';
import type { Database } from '../../database/database.ts';
import { compile, param, type Row, type Statement, textOf } from '../../database/statement.ts';
import { epochSeconds } from '../../database/time.ts';
import { change } from '../../database/unit-of-work.ts';

/** Where a session was seen; names as far as the browser told them. */
export interface BrowserSighting {
  readonly uid: string;
  readonly accountId: string;
  readonly network: string;
  readonly browser: string | undefined;
  readonly system: string | undefined;
  /** Epoch seconds, as all times here. */
  readonly expiresAt: number;
}

export interface SignedInBrowser {
  readonly uid: string;
  readonly signedInAt: number;
  /** Undefined where nothing was seen of it yet. */
  readonly seenAt: number | undefined;
  readonly network: string | undefined;
  readonly browser: string | undefined;
  readonly system: string | undefined;
}

export class BrowserStore {
  readonly #database: Database;
  readonly #see: Statement;
  readonly #dropOldest: Statement;
  readonly #list: Statement;
  readonly #end: readonly Statement[];

  constructor(database: Database) {
    const { builder } = database;
    const ofAccount = () => builder('browsers').where({ account_id: param('accountId') });
    const columns = ['uid', 'account_id', 'network', 'browser', 'system', 'seen_at', 'expires_at'];
    this.#database = database;
    this.#see = compile(
      builder('browsers')
        .insert(Object.fromEntries(columns.map((name) => [name, param(name)])))
        .onConflict('uid')
        .merge(columns.slice(2)),
    );
    this.#dropOldest = compile(
      builder('browsers')
        .whereIn(
          'uid',
          ofAccount().select('uid').orderBy('seen_at', 'desc').limit(1000).offset(perAccount.sessions),
        )
        .delete(),
    );
    this.#list = compile(
      builder('sessions')
        .leftJoin('browsers', 'browsers.uid', 'sessions.uid')
        .where({ 'sessions.account_id': param('accountId') })
        .where('sessions.expires_at', '>', param('now'))
        .select(['sessions.uid', 'sessions.payload', 'network', 'browser', 'system', 'seen_at'])
        .limit(perAccount.sessions),
    );
    this.#end = ['sessions', 'browsers'].map((table) =>
      compile(
        builder(table)
          .where({ uid: param('uid'), account_id: param('accountId') })
          .delete(),
      ),
    );
  }

  /** The account's longest unseen goes where there are too many. */
  async see(sighting: BrowserSighting): Promise<void> {
    const { uid, accountId, network, browser = null, system = null, expiresAt } = sighting;
    const values = {
      uid,
      account_id: accountId,
      network,
      browser,
      system,
      seen_at: epochSeconds(),
      expires_at: expiresAt,
    };
    await this.#database.commit([
      { statement: this.#see, values },
      { statement: this.#dropOldest, values: { accountId } },
    ]);
  }

  /** With the request that ends it, whatever becomes of that. */
  async end(accountId: string, uid: string): Promise<void> {
    await change(
      this.#database,
      this.#end.map((statement) => ({ statement, values: { accountId, uid } })),
      true,
    );
  }

  /** Of every session that is signed in to the account, the last seen first. */
  async list(accountId: string): Promise<SignedInBrowser[]> {
    const rows = await this.#database.all(this.#list, { accountId, now: epochSeconds() });
    return rows.map(toBrowser).sort((one, other) => lastOf(other) - lastOf(one));
  }
}

function lastOf({ seenAt, signedInAt }: SignedInBrowser): number {
  return seenAt ?? signedInAt;
}

function toBrowser(row: Row): SignedInBrowser {
  const { loginTs } = JSON.parse(String(row['payload'])) as { loginTs?: number };
  return {
    uid: String(row['uid']),
    signedInAt: loginTs ?? 0,
    seenAt: row['seen_at'] === null ? undefined : Number(row['seen_at']),
    network: textOf(row['network']),
    browser: textOf(row['browser']),
    system: textOf(row['system']),
  };
}
