// A database of an older version, opened by this one: its schema is migrated and nobody signs in again.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { shiftClock } from '../support/clock.ts';
import { startLoopAuth } from '../support/loop-auth.ts';

// One line a schema that was ever released: what an app held when the file was made.
const files = [
  {
    schema: '0001',
    clientId: 'DGYWRArZ_XHFKihZmfaPkFNAlnucTyEx5-WdQOfm3E1',
    accessToken: 'WPxaNAQSbs9bJKITTCs4miwwzxooRoJL8ujd_ZMQFhe',
    refreshToken: 'oN-GZ3oaHu1zKdFRnQYQxQPEB7uptvQi3y3po5AMMRS',
    madeAt: 1795355673,
  },
];

for (const { schema, clientId, accessToken, refreshToken, madeAt } of files) {
  t.test(`schema ${schema} migrated by a new version costs no sign-in`, async (t) => {
    shiftClock(t).advance(madeAt + 600 - Math.floor(Date.now() / 1000));
    const databasePath = join(t.testdir(), 'auth.db');
    const old = new Sqlite(databasePath);
    old.exec(readFileSync(join(import.meta.dirname, `../fixtures/database-${schema}.sql`), 'utf8'));
    old.close();
    const loop = await startLoopAuth(t, { databasePath, withoutAccount: true });
    t.ok(await loop.isActive(accessToken), 'the access token works');
    const app = { clientId, clientSecret: undefined };
    const { status, body } = await loop.refresh(app, refreshToken);
    t.equal(status, 200, 'and the refresh token');
    t.ok(await loop.isActive(body['access_token']));
  });
}
