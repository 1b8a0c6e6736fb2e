// adapters/stores/tokens/owned.ts on every engine: a token with its owners in one statement, or nothing.
import t from 'tap';
import { hashOpaque } from '../../../../adapters/database/hash.ts';
import { compile, param } from '../../../../adapters/database/statement.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { OwnedTokenStore } from '../../../../adapters/stores/tokens/owned.ts';
import { engines, openNew } from '../../../support/databases.ts';

for (const engine of engines) {
  t.test(
    `${engine.name}: a token is found with its grant, its client and its account, or not at all`,
    async (t) => {
      const database = await openNew(t, engine);
      const account = await new AccountStore(database).create('Ann', 'no password');
      const insert = (table: string, row: object) => compile(database.builder(table).insert(row));
      const times = { created_at: 1 };
      const payload = (name: string) => JSON.stringify({ name });
      const rows = {
        clients: { id: 'app', source: 'registration', payload: payload('client'), ...times },
        grants: { id: 'g', payload: payload('grant'), account_id: account.id, client_id: 'app', ...times },
        access_tokens: { id: hashOpaque('the token'), payload: payload('token'), grant_id: 'g' },
      };
      for (const [table, row] of Object.entries(rows))
        await database.commit([{ statement: insert(table, row), values: {} }]);
      const tokens = new OwnedTokenStore(database);
      t.same(await tokens.find('the token'), {
        token: { name: 'token' },
        grant: { name: 'grant' },
        client: { name: 'client' },
        grantId: 'g',
        clientId: 'app',
        accountId: account.id,
        username: 'Ann',
      });
      t.equal(await tokens.find('another'), undefined);
      for (const [table, row] of Object.entries(rows)) {
        const gone = database.builder(table).where({ id: param('id') });
        await database.commit([{ statement: compile(gone.delete()), values: { id: row.id } }]);
        t.equal(await tokens.find('the token'), undefined, `without its row in ${table}`);
        await database.commit([{ statement: insert(table, row), values: {} }]);
      }
      t.ok(await tokens.find('the token'));
      await database.commit([
        { statement: compile(database.builder('accounts').update({ disabled_at: 7 })), values: {} },
      ]);
      t.equal(await tokens.find('the token'), undefined, 'of a disabled account');
    },
  );
}
