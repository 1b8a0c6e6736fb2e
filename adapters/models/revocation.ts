// Taking grants away with everything issued under them: always as writes of one transaction.
import type { Database } from '../database/database.ts';
import { compile, param, type Statement, type Write } from '../database/statement.ts';

const sessionTables = ['sessions', 'account_sessions'];
const issuedUnderGrants = ['access_tokens', 'refresh_tokens', 'authorization_codes'];

export interface Revocation {
  ofClient(clientId: string): Write[];
  ofAccount(accountId: string): Write[];
  /** Only what browsers hold: what the account let in goes on. */
  ofSessions(accountId: string): Write[];
  ofGrant(grantId: string): Write[];
  ofEveryone(): Write[];
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
  const ofSessions = sessionTables.map((table) =>
    compile(
      builder(table)
        .where({ account_id: param('value') })
        .delete(),
    ),
  );
  const ofAccount = [...statementsBy('account_id'), ...ofSessions];
  const everything = [...issuedUnderGrants, 'grants', ...sessionTables, 'interactions'].map((table) =>
    compile(builder(table).delete()),
  );
  const writes = (statements: Statement[], value: string): Write[] =>
    statements.map((statement) => ({ statement, values: { value } }));
  return {
    ofClient: (clientId) => writes(ofClient, clientId),
    ofAccount: (accountId) => writes(ofAccount, accountId),
    ofSessions: (accountId) => writes(ofSessions, accountId),
    ofGrant: (grantId) => writes(ofGrant, grantId),
    ofEveryone: () => everything.map((statement) => ({ statement, values: {} })),
  };
}
