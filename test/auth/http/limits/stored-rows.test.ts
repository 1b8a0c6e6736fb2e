// auth/http/limits/stored-rows.ts: how large what a request leaves may be, and what happens when there is no room left.
import t from 'tap';
import { boundsFor, reservedRows, strangersRows } from '../../../../adapters/bounds.ts';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { shiftClock } from '../../../support/clock.ts';
import { type Answer, type LoopAuth, startLoopAuth } from '../../../support/loop-auth.ts';

const hour = 3600;

async function count(world: LoopAuth, table: string): Promise<number> {
  const [row] = await world.database.all({ sql: `SELECT count(*) AS rows FROM ${table}`, slots: [] }, {});
  return Number(row?.['rows']);
}

/** Rows as a flood would leave them, up to so many in all. */
async function fill(world: LoopAuth, table: 'interactions' | 'sessions', upTo: number): Promise<void> {
  const columns = table === 'sessions' ? 'id, payload, expires_at, uid' : 'id, payload, expires_at';
  const values =
    table === 'sessions'
      ? `hex(randomblob(8)), '{}', 9999999999, hex(randomblob(8))`
      : `hex(randomblob(8)), '{}', 9999999999`;
  const sql = `WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < ${upTo - (await count(world, table))})
    INSERT INTO ${table} (${columns}) SELECT ${values} FROM t`;
  await world.database.commit([{ statement: { sql, slots: [] }, values: {} }]);
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1100));

t.test('a parameter that would be stored has at most 4,096 characters', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const ask = (parameters: Record<string, string>): Promise<Answer> =>
    world.ask(`/auth${world.authorization(app, parameters).url.search}`);
  for (const [name, text] of [
    ['state', 'x'.repeat(4096)],
    ['state', '%01'.repeat(1300)],
    ['login_hint', 'x'.repeat(4096)],
    ['nonce', 'x'.repeat(4096)],
  ] as const) {
    const answer = await ask({ scope: 'openid vault.read', [name]: text });
    t.equal(answer.status, 303, name);
    t.match(answer.headers.get('Location'), '/interaction/', `${name} is taken`);
  }
  const before = await count(world, 'interactions');
  for (const name of ['state', 'nonce', 'login_hint', 'ui_locales', 'acr_values', 'id_token_hint']) {
    for (const length of [4097, 12_000]) {
      const { headers } = await ask({ scope: 'openid vault.read', [name]: 'x'.repeat(length) });
      t.notMatch(headers.get('Location') ?? '', '/interaction/', `${name} of ${length}`);
    }
  }
  t.equal(await count(world, 'interactions'), before, 'nothing is stored');
  const together = { state: 'x'.repeat(4096), nonce: 'x'.repeat(4096), login_hint: 'x'.repeat(4000) };
  const { headers } = await ask({ scope: 'openid vault.read', ...together });
  t.notMatch(headers.get('Location') ?? '', '/interaction/', 'nor of many long ones together');
});

t.test(
  'signing out leaves a row of an hour, a small one, and none where there is nothing to sign out of',
  async (t) => {
    const clock = shiftClock(t);
    const world = await startLoopAuth(t);
    const browser = new Browser();
    const { status, headers } = await world.ask('/session/end');
    t.equal(status, 303);
    const rows = (): Promise<Record<string, unknown>[]> =>
      world.database.all({ sql: 'SELECT * FROM sessions', slots: [] }, {});
    const [row] = await rows();
    t.ok(Number(row?.['expires_at']) <= Math.floor(Date.now() / 1000) + hour);
    const cookie = headers
      .getSetCookie()
      .map((set) => set.split(';')[0])
      .join('; ');
    t.match(headers.getSetCookie().join(), /expires=/i);

    t.equal((await world.ask(`/session/end?state=${'x'.repeat(5000)}`)).status, 400);
    t.equal((await rows()).length, 1);

    await world.database.commit([{ statement: { sql: 'DELETE FROM sessions', slots: [] }, values: {} }]);
    const app = await world.register();
    for (const path of [
      '/auth/made-up',
      `/auth${world.authorization(app).url.search}`,
      '/session/end/success',
    ])
      await world.ask(path, { headers: { Cookie: cookie } });
    t.same(await rows(), [], 'a cookie whose session is gone makes no new one');

    await world.code(world.authorization(app), browser);
    const [own] = await rows();
    t.ok(
      Number(own?.['expires_at']) > Math.floor(Date.now() / 1000) + 13 * 24 * hour,
      'a person stays signed in',
    );
    const page = await browser.visit(`${world.issuer}/session/end`);
    clock.advance(30);
    const out = await browser.submit(page, { logout: 'yes' });
    t.match(out.text, /signed out/i);
  },
);

t.test('when strangers have used up the sign-ins under way, known apps and the owner go on', async (t) => {
  const world = await startLoopAuth(t);
  const known = await world.register();
  const browser = new Browser();
  const { tokens } = await world.connect({ app: known, browser });
  const unknown = await world.register();
  const begin = (app: typeof known): Promise<Answer> =>
    world.ask(`/auth${world.authorization(app).url.search}`);
  await fill(world, 'interactions', strangersRows.interactions);
  await settled();

  const refused = await begin(unknown);
  t.equal(refused.status, 429, 'an app that nobody let in waits');
  t.match(refused.headers.get('Retry-After'), /^[1-9]\d*$/);
  t.match(refused.headers.get('Content-Type'), 'text/html');
  t.match(refused.text, 'too many sign-ins are under way');
  t.equal((await begin(known)).status, 303, 'a known one goes on');
  await world.code(world.authorization(known), new Browser());
  t.equal((await world.refresh(known, tokens.refresh_token)).status, 200, 'and its tokens are refreshed');

  await fill(world, 'interactions', strangersRows.interactions + reservedRows.knownClients);
  await settled();
  t.equal((await begin(known)).status, 429, 'until its share is used up as well');
  await browser.visit(`${world.issuer}/session/end`).then((page) => browser.submit(page, { logout: 'yes' }));
  await world.code(world.authorization(unknown), browser);
  t.pass('whoever signed in before goes on in their browser, with any app');
  const filled = await count(world, 'interactions');
  t.ok(filled <= Number(boundsFor({ accounts: 1, grants: 9, clientsLetIn: 2 })['interactions']));
});

t.test(
  'when strangers have used up the sign-outs under way, a person who is signed in still signs out',
  async (t) => {
    const world = await startLoopAuth(t);
    const browser = new Browser();
    await world.connect({ browser });
    await fill(world, 'sessions', strangersRows.sessions + 1);
    await settled();
    t.equal((await world.ask('/session/end')).status, 429);
    t.equal(await count(world, 'sessions'), strangersRows.sessions + 1);
    const page = await browser.visit(`${world.issuer}/session/end`);
    t.match((await browser.submit(page, { logout: 'yes' })).text, /signed out/i);
  },
);
