// What loop-api's questions tell of an app's calls: counted in memory, stored apart from every request.
import t from 'tap';
import { AccountConnectionStore } from '../../../adapters/stores/account-connections.ts';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { lockDatabase } from '../../support/database-lock.ts';
import { ann, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';

async function calls(loop: LoopAuth) {
  const accounts = new AccountStore(loop.database);
  const id = String((await accounts.findByUsername(ann.username))?.id);
  const { rows } = await new AccountConnectionStore(loop.database).page(id);
  return rows.map(({ callsThisWeek }) => callsThisWeek);
}

t.test(
  'a question about a live token is a call of its connection; nothing is written with the answer',
  async (t) => {
    const loop = await startLoopAuth(t);
    const { tokens } = await loop.connect();
    for (let n = 0; n < 3; n += 1) t.ok(await loop.isActive(tokens.access_token));
    t.same(await calls(loop), [0]);
    await loop.storeCalls();
    t.same(await calls(loop), [3]);
    await loop.introspect('no token of ours');
    await loop.introspect(tokens.refresh_token);
    await loop.introspect(tokens.access_token, 'Basic d3Jvbmc6d3Jvbmc=');
    await loop.storeCalls();
    t.same(await calls(loop), [3], 'what was refused is no call');
  },
);

t.test('while the database can not be written answers are given, and the counts are lost', async (t) => {
  const loop = await startLoopAuth(t);
  const { tokens } = await loop.connect();
  await loop.isActive(tokens.access_token);
  const release = await lockDatabase(loop.databasePath);
  const stored = loop.storeCalls();
  t.ok(await loop.isActive(tokens.access_token));
  await stored;
  await release();
  t.match(loop.lines.join(), 'when apps were last seen calling could not be stored');
  await loop.storeCalls();
  t.same(await calls(loop), [1], 'only what was asked meanwhile');
});
