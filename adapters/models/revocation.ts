// Taking grants away with everything issued under them: always as writes of one transaction.
import type { Database } from '../database/database.ts';
import { compile, param, type Statement, type Write } from '../database/statement.ts';

const issuedUnderGrants = ['access_tokens', 'refresh_tokens', 'authorization_codes'];

export interface Revocation {
  ofClient(clientId: string): Write[];
  ofAccount(accountId: string): Write[];
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
  const ofAccount = [
    ...statementsBy('account_id'),
    compile(
      builder('sessions')
        .where({ account_id: param('value') })
        .delete(),
    ),
  ];
  const everything = [...issuedUnderGrants, 'grants', 'sessions', 'interactions'].map((table) =>
    compile(builder(table).delete()),
  );
  const writes = (statements: Statement[], value: string): Write[] =>
    statements.map((statement) => ({ statement, values: { value } }));
  return {
    ofClient: (clientId) => writes(ofClient, clientId),
    ofAccount: (accountId) => writes(ofAccount, accountId),
    ofGrant: (grantId) => writes(ofGrant, grantId),
    ofEveryone: () => everything.map((statement) => ({ statement, values: {} })),
  };
}
