// Taking grants away with everything issued under them: always as writes of one transaction.
import type { Knex } from 'knex';
import { revokedKeyDays } from '../bounds.ts';
import type { Database } from '../database/database.ts';
import { compile, param, type Statement, type Write } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';

// Sessions, where they were seen, and sign-ins that wait for a second step.
const sessionTables = ['sessions', 'browsers', 'sign_in_steps'];
// What lets a browser past a lock-out, too.
const browserTables = ['devices', ...sessionTables];
// What opens the vault without a browser and without a grant.
const keyTables = ['access_keys'];
const issuedUnderGrants = ['access_tokens', 'refresh_tokens', 'authorization_codes', 'device_codes'];

export interface Revocation {
  ofClient(clientId: string): Write[];
  /** What it let in, its access keys, and all that browsers hold of it. */
  ofAccount(accountId: string): Write[];
  /** Sessions and sign-ins under way: what the account let in goes on, and so do the browsers that its owner used. */
  ofSessions(accountId: string): Write[];
  ofGrant(grantId: string): Write[];
  ofEveryone(): Write[];
}

/** Keeps what access keys are called, for their owner's page: before the statement that deletes those of `condition`. */
export function rememberKeys(builder: Knex, condition: string, names: readonly string[] = []): Statement {
  return compile(
    builder.raw(
      `insert into revoked_keys (id, account_id, name, expires_at)
      select id, account_id, name, cast(? as bigint) from access_keys where ${condition} on conflict do nothing`,
      ['forgetAt', ...names].map((name) => param(name)),
    ),
  );
}

export function forgetAt(): number {
  return epochSeconds() + revokedKeyDays * 24 * 3600;
}

export function createRevocation({ builder }: Database): Revocation {
  const statementsBy = (column: string): Statement[] => {
    const grants = (): ReturnType<typeof builder> => builder('grants').where({ [column]: param('value') });
    const tokens = issuedUnderGrants.map((table) =>
      compile(builder(table).whereIn('grant_id', grants().select('id')).delete()),
    );
    return [...tokens, compile(grants().delete())];
  };
  const ofClient = statementsBy('client_id');
  const ofGrant = statementsBy('id');
  const within = (tables: readonly string[]): Statement[] =>
    tables.map((table) =>
      compile(
        builder(table)
          .where({ account_id: param('value') })
          .delete(),
      ),
    );
  // In one that knows whose it is a password was found right, or a session went by: both would outlive a new password.
  const underWay = compile(builder('interactions').where('payload', 'like', param('mention')).delete());
  const ofSessions = [...within(sessionTables), underWay];
  const ofAccount = [
    rememberKeys(builder, 'account_id = ?', ['value']),
    ...statementsBy('account_id'),
    ...within([...browserTables, ...keyTables]),
    underWay,
  ];
  const allTables = [...issuedUnderGrants, 'grants', ...browserTables, ...keyTables, 'interactions'];
  const everything = [
    rememberKeys(builder, 'id is not null'),
    ...allTables.map((table) => compile(builder(table).delete())),
  ];
  const writes = (statements: Statement[], value: string): Write[] =>
    statements.map((statement) => ({
      statement,
      values: { value, mention: `%"${value}"%`, forgetAt: forgetAt() },
    }));
  return {
    ofClient: (clientId) => writes(ofClient, clientId),
    ofAccount: (accountId) => writes(ofAccount, accountId),
    ofSessions: (accountId) => writes(ofSessions, accountId),
    ofGrant: (grantId) => writes(ofGrant, grantId),
    ofEveryone: () => everything.map((statement) => ({ statement, values: { forgetAt: forgetAt() } })),
  };
}
