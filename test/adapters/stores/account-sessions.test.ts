// Sessions of the account pages as rows: found by their value only, for their time, ended with what they stand on.
import t, { type Test } from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { hashOpaque } from '../../../adapters/database/hash.ts';
import { compile } from '../../../adapters/database/statement.ts';
import { AccountSessionStore } from '../../../adapters/stores/account-sessions.ts';
import { ConnectionStore } from '../../../adapters/stores/connections.ts';
import { opaqueValue } from '../../support/adapter-contract.ts';
import { type Clock, shiftClock } from '../../support/clock.ts';
import { engines, openNew } from '../../support/databases.ts';

interface World {
  readonly clock: Clock;
  readonly database: Database;
  readonly sessions: AccountSessionStore;
  readonly rows: () => Promise<readonly Record<string, unknown>[]>;
}

for (const engine of engines) {
  const test = (sentence: string, body: (t: Test, world: World) => Promise<void>) =>
    t.test(`${engine.name}: ${sentence}`, async (t) => {
      const clock = shiftClock(t);
      const database = await openNew(t, engine);
      const all = compile(database.builder('account_sessions'));
      const sessions = new AccountSessionStore(database);
      await body(t, { clock, database, sessions, rows: () => database.all(all, {}) });
    });

  test('a session is found by its value until its time is over or it is ended', async (t, world) => {
    const { clock, sessions, rows } = world;
    const [first, second] = [opaqueValue(), opaqueValue()];
    await sessions.begin(first, 'ann', 1800);
    await sessions.begin(second, 'ben', 1800);
    t.equal(await sessions.findAccountId(first), 'ann');
    t.equal(await sessions.findAccountId(second), 'ben');
    for (const wrong of ['', opaqueValue(), hashOpaque(first), 'a\u0000b'])
      t.equal(await sessions.findAccountId(wrong), undefined);
    await sessions.end(second);
    t.equal(await sessions.findAccountId(second), undefined);
    await sessions.end(second);
    clock.advance(1740);
    t.equal(await sessions.findAccountId(first), 'ann');
    clock.advance(60);
    t.equal(await sessions.findAccountId(first), undefined);
    t.notMatch(JSON.stringify(await rows()), first, 'the value itself is nowhere');
  });

  test('a row says when it was made and, to the minute, when it was last of use', async (t, world) => {
    const { clock, sessions, rows } = world;
    const value = opaqueValue();
    const now = Math.floor(Date.now() / 1000);
    await sessions.begin(value, 'ann', 1800);
    clock.advance(30);
    await sessions.findAccountId(value);
    t.match(await rows(), [{ created_at: now, last_used_at: now, expires_at: now + 1800 }]);
    clock.advance(60);
    await sessions.findAccountId(value);
    const [row] = await rows();
    t.match(row, { account_id: 'ann', created_at: now, expires_at: now + 1800 });
    t.ok(Number(row?.['last_used_at']) >= now + 90);
  });

  test('revoking everything leaves nobody signed in', async (t, { database, sessions }) => {
    const value = opaqueValue();
    await sessions.begin(value, 'ann', 1800);
    await new ConnectionStore(database).revokeAll();
    t.equal(await sessions.findAccountId(value), undefined);
  });
}
