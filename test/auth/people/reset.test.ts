// What is left to whoever knew the old password once an account has another (npm run seed-user).
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type Account, AccountStore } from '../../../adapters/stores/accounts.ts';
import { ConnectionStore } from '../../../adapters/stores/connections.ts';
import { hashPassword } from '../../../auth/people/passwords.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { lockOut } from '../../support/limits.ts';
import { type Answer, addAccount, ann, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';
import { trusting } from '../../support/registrations.ts';

const changed = { ...ann, password: 'quite another sentence of hers' };

interface World {
  readonly world: LoopAuth;
  /** As npm run seed-user does. */
  readonly reset: (revoke: boolean) => Promise<void>;
  readonly signIn: (address: string, cookies?: string) => Promise<Answer>;
}

async function start(t: Test): Promise<World> {
  const world = await startLoopAuth(t, trusting);
  const accounts = new AccountStore(world.database);
  const { id } = (await accounts.findByUsername(ann.username)) as Account;
  const hash = await hashPassword(changed.password);
  return {
    world,
    reset: (revoke) => accounts.setPassword(id, hash, revoke),
    signIn: (address, Cookie = '') =>
      world.post('/account/sign-in', changed, { 'X-Forwarded-For': address, Cookie }),
  };
}

async function count(world: LoopAuth, table: string): Promise<number> {
  const [row] = await world.database.all({ sql: `SELECT count(*) AS rows FROM ${table}`, slots: [] }, {});
  return Number(row?.['rows']);
}

t.test('what lets past a lock-out ends with a reset that revokes', async (t) => {
  const { world, reset, signIn } = await start(t);
  const browser = new Browser();
  await world.code(world.authorization(await world.register()), browser);
  const cookies = await browser.cookiesFor(`${world.issuer}/account`);
  t.match(cookies, 'loop_device=');
  t.equal(await count(world, 'devices'), 1);
  await lockOut(world, ann.username);
  await reset(false);
  t.equal(await count(world, 'sessions'), 0, 'a reset signs the browsers out');
  t.equal((await signIn('127.0.0.1')).status, 429, 'where the old password was right is any place');
  t.equal((await signIn('198.51.100.1', cookies)).status, 303, 'the owner goes on in their browser');
  await reset(true);
  t.equal(await count(world, 'devices'), 0, 'none is left');
  t.equal(
    (await signIn('198.51.100.2', cookies)).status,
    429,
    'the cookie of a stolen browser is worth nothing',
  );
  t.equal(
    (await signIn('198.51.100.1')).status,
    303,
    'where the password that holds was right is the owner’s place',
  );
  t.equal(await count(world, 'devices'), 1);
  await new ConnectionStore(world.database).revokeAll();
  t.same([await count(world, 'devices'), await count(world, 'sessions')], [0, 0], 'and with all else');
});

t.test('a sign-in under way ends with any reset, and nobody else’s does', async (t) => {
  const { world, reset } = await start(t);
  const ben = { username: 'ben', password: 'another sentence for Ben' };
  await addAccount(world.database, ben);
  const app = await world.register();
  const stopAt = `${world.issuer}/interaction/`;
  /** Up to where the password was found right, and no further. */
  const begin = async (person: typeof ann): Promise<() => Promise<string>> => {
    const browser = new Browser();
    const page = await browser.visit(world.authorization(app).url);
    const resume = `${world.issuer}${page.url.pathname.replace('interaction', 'auth')}`;
    await browser.submit(page, person, resume);
    return async () => (await browser.visit(resume, stopAt)).text;
  };
  for (const revoke of [false, true]) {
    const [goOn, bens] = [await begin(revoke ? changed : ann), await begin(ben)];
    await reset(revoke);
    t.notMatch(await goOn(), 'name="decision"', `revoking: ${revoke}`);
    t.match(await bens(), 'name="decision"');
  }
  t.equal(await count(world, 'sessions'), 2, 'ben’s two');
});

t.test('a password that was being checked while it was replaced opens nothing', async (t) => {
  const { world, reset } = await start(t);
  const underWay = [1, 2].map((n) => hashPassword(`keeps the queue busy ${n}`));
  const late = world.post('/account/sign-in', ann);
  while ((await count(world, 'limits')) === 0) await delay(1);
  await reset(true);
  await Promise.all(underWay);
  t.equal((await late).status, 401);
  t.same([await count(world, 'devices'), await count(world, 'sessions')], [0, 0]);
});
