// Clients as an operator sees them, on every engine: kept, changed, and deleted with all that was issued.
import t from 'tap';
import { createAdapterFactory } from '../../../adapters/models/adapter-factory.ts';
import { ClientDocumentStore } from '../../../adapters/stores/client-documents.ts';
import { ClientStore } from '../../../adapters/stores/clients.ts';
import { engines, openNew } from '../../support/databases.ts';

for (const engine of engines) {
  t.test(
    `${engine.name}: a client is kept with its kind, and deleted with its grants and tokens`,
    async (t) => {
      const database = await openNew(t, engine);
      const store = new ClientStore(database);
      const revoked = (): Error => new Error('revoked');
      const adapterFor = createAdapterFactory(database, { graceSeconds: 60, revoked, audit: () => {} });
      await store.add('seeded', { client_id: 'a', client_name: 'A' });
      await store.add('resource-server', { client_id: 'b' });
      await adapterFor('Client').upsert('c', { client_id: 'c' }, 0);
      await new ClientDocumentStore(database).save('https://d.example/', {
        metadata: { client_id: 'https://d.example/' },
        freshUntil: 1,
      });
      t.same((await store.list()).map(({ id, source }) => [id, source]).sort(), [
        ['a', 'seeded'],
        ['b', 'resource-server'],
        ['c', 'registration'],
        ['https://d.example/', 'document'],
      ]);
      await store.update('a', { client_id: 'a', client_name: 'Another' });
      t.match(await store.find('a'), { metadata: { client_name: 'Another' }, grantedAt: undefined });
      t.match(await adapterFor('Client').find('a'), { client_name: 'Another' }, 'the provider sees it');

      const seconds = 3600;
      for (const clientId of ['a', 'c']) {
        await adapterFor('Grant').upsert(`grant-${clientId}`, { clientId, accountId: 'x', iat: 1 }, seconds);
        const token = { clientId, grantId: `grant-${clientId}` };
        await adapterFor('AccessToken').upsert(`token-${clientId}`, token, seconds);
      }
      t.type((await store.find('a'))?.grantedAt, 'number');
      await store.delete('a');
      t.equal(await store.find('a'), undefined);
      t.notOk(await adapterFor('Grant').find('grant-a'));
      t.notOk(await adapterFor('AccessToken').find('token-a'));
      t.ok(await adapterFor('AccessToken').find('token-c'), 'another client’s stay');
    },
  );
}
