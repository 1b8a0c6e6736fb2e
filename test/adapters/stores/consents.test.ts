// What an account has given an app: the grants that last, the newest first, and nobody else's.
import t from 'tap';
import { createAdapterFactory } from '../../../adapters/models/adapter-factory.ts';
import { ConsentStore } from '../../../adapters/stores/consents.ts';
import { payloadOf } from '../../support/adapter-contract.ts';
import { engines, openNew } from '../../support/databases.ts';

const year = 365 * 24 * 3600;

for (const engine of engines) {
  t.test(`${engine.name}: only what was given to that app by that account, and lasts`, async (t) => {
    const database = await openNew(t, engine);
    const grants = createAdapterFactory(database, {
      graceSeconds: 60,
      revoked: () => new Error('revoked'),
      audit: () => {},
    })('Grant');
    const iat = Math.floor(Date.now() / 1000);
    const give = (id: string, seconds: number, more: Record<string, unknown> = {}): Promise<unknown> =>
      grants.upsert(
        id,
        payloadOf('Grant', id, { openid: { scope: `openid ${id}` }, ...more }),
        seconds,
      ) as Promise<unknown>;
    await give('older', 50 * year, { iat: iat - 10 });
    await give('newer', 50 * year, { iat });
    await give('silent', 3720, { iat });
    await give('another account', 50 * year, { accountId: 'eve' });
    await give('another app', 50 * year, { clientId: 'other' });
    const consents = new ConsentStore(database);
    const given = async (accountId = 'ann', clientId = 'app'): Promise<unknown[]> =>
      (await consents.listGiven(accountId, clientId, year)).map(({ openid }) => openid);
    t.same(await given(), [{ scope: 'openid newer' }, { scope: 'openid older' }]);
    await grants.destroy('newer');
    t.same(await given(), [{ scope: 'openid older' }]);
    t.same(await given('nobody'), []);
    t.same(await given('ann', 'nothing'), []);
  });
}
