// auth/people/sign-in-limits.ts: how many passwords are taken, from whom, and that nobody is locked out by others' guesses.
import t, { type Test } from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { type Account, AccountStore } from '../../../adapters/stores/accounts.ts';
import { DeviceStore } from '../../../adapters/stores/browsers/devices.ts';
import { createDevices } from '../../../auth/http/limits/devices.ts';
import { openLimits } from '../../../auth/http/limits/limits.ts';
import { createSignInLimits, type SignInLimits } from '../../../auth/people/sign-in-limits.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { shiftClock } from '../../support/clock.ts';
import { engines, open, openNew } from '../../support/databases.ts';
import { fixCounters } from '../../support/limits.ts';
import { ann, startLoopAuth } from '../../support/loop-auth.ts';

type Asking = Parameters<SignInLimits['attempt']>[0];

/** A browser with its cookies, at an address. */
function asking(address: string, jar = new Map<string, string>()): Asking {
  const cookies = {
    get: (name: string) => jar.get(name),
    set: (name: string, value: string) => void jar.set(name, value),
  };
  return { state: { address }, cookies } as unknown as Asking;
}

interface Parts {
  readonly limits: SignInLimits;
  readonly account: Account;
}

async function openParts(database: Database): Promise<Parts> {
  await fixCounters(database);
  const accounts = new AccountStore(database);
  const account = (await accounts.findByUsername('ann')) ?? (await accounts.create('Ann', 'hash'));
  const devices = createDevices(new DeviceStore(database), 'http://localhost:8083');
  return { limits: createSignInLimits({ limits: await openLimits(database), devices, accounts }), account };
}

/** Guesses at ann's password from many addresses; resolves to how many were taken. */
async function guess(limits: SignInLimits, from: number, addresses: number): Promise<number> {
  let taken = 0;
  for (let n = from; n < from + addresses; n += 1)
    for (let m = 0; m < 9; m += 1)
      if ((await limits.attempt(asking(`192.0.${n >> 8}.${n & 255}`), 'ann')) === undefined) taken += 1;
  return taken;
}

for (const engine of engines) {
  const test = (sentence: string, body: (t: Test, parts: Parts, url: string) => Promise<void>) =>
    t.test(`${engine.name}: ${sentence}`, async (t) => {
      const url = await engine.create(t);
      await body(t, await openParts(await open(t, url)), url);
    });

  test('a password is tried ten times from one address for one account', async (t, { limits }) => {
    for (let n = 0; n < 10; n += 1) t.equal(await limits.attempt(asking('192.0.2.1'), 'ann'), undefined);
    const wait = await limits.attempt(asking('192.0.2.1'), 'Ann');
    t.ok(wait !== undefined && wait > 0 && wait <= 900, 'then one waits, in seconds');
    t.equal(
      await limits.attempt(asking('192.0.2.1'), 'bob'),
      undefined,
      'another account at the same address',
    );
    t.equal(await limits.attempt(asking('192.0.2.2'), 'ann'), undefined, 'the same account from elsewhere');
  });

  test('one IPv6 network tries sixty times whatever the names', async (t, { limits }) => {
    for (let n = 0; n < 60; n += 1) await limits.attempt(asking(`2001:db8:0:1::${n}`), `name ${n}`);
    t.ok(await limits.attempt(asking('2001:db8:0:1::61'), 'one more'));
    t.equal(await limits.attempt(asking('2001:db8:0:2::1'), 'one more'), undefined, 'others go on');
  });

  test('a guesser with many addresses is slowed, and the owner goes on in their own browser', async (t, parts, url) => {
    const clock = shiftClock(t);
    const { limits, account } = parts;
    const jar = new Map<string, string>();
    t.equal(await limits.attempt(asking('203.0.113.5', jar), 'ann'), undefined);
    await limits.succeeded(asking('203.0.113.5', jar), account);
    t.equal(await guess(limits, 0, 30), 100, 'an hour of the whole world');
    t.ok(await limits.attempt(asking('198.51.100.7'), 'ann'), 'another browser at a new address waits');
    t.equal(
      await limits.attempt(asking('198.51.100.7', jar), 'ANN'),
      undefined,
      'the owner’s, at a new address',
    );
    t.equal(await limits.attempt(asking('203.0.113.5'), 'ann'), undefined, 'and where they signed in before');
    t.ok(
      (await limits.attempt(asking('198.51.100.8', jar), 'bob')) === undefined,
      'for others it is any browser',
    );

    const again = await openParts(await open(t, url));
    t.ok(
      await again.limits.attempt(asking('198.51.100.9'), 'ann'),
      'after a restart the limit is still there',
    );
    t.equal(
      await again.limits.attempt(asking('198.51.100.9', jar), 'ann'),
      undefined,
      'and so is the owner’s browser',
    );
    t.ok(await limits.attempt(asking('198.51.100.10'), 'ann'), 'as at the other process');

    let tries = 2;
    while ((await again.limits.attempt(asking('198.51.100.9', jar), 'ann')) === undefined) tries += 1;
    t.equal(tries, 10, 'a stolen browser has ten tries, too');
    clock.advance(15 * 60 + 1);
    t.equal(await again.limits.attempt(asking('198.51.100.9', jar), 'ann'), undefined);
    clock.advance(370 * 24 * 3600);
    t.equal(await guess(again.limits, 1000, 12), 100);
    t.ok(
      await again.limits.attempt(asking('198.51.100.11', jar), 'ann'),
      'a browser of long ago is any browser',
    );
  });

  test('the owner’s sign-ins give no guesser more tries', async (t, { limits, account }) => {
    for (let n = 0; n < 20; n += 1) {
      await limits.attempt(asking('203.0.113.5'), 'ann');
      await limits.succeeded(asking('203.0.113.5'), account);
    }
    t.equal(await guess(limits, 0, 15), 100);
  });

  test('success gives the tries back', async (t, { limits, account }) => {
    for (let n = 0; n < 80; n += 1) {
      t.equal(await limits.attempt(asking('192.0.2.1'), 'ann'), undefined);
      await limits.succeeded(asking('192.0.2.1'), account);
    }
  });

  test('an account has so many browsers at most; the one used longest ago goes', async (t, {
    limits,
    account,
  }) => {
    const clock = shiftClock(t);
    const jars = Array.from({ length: 52 }, () => new Map<string, string>());
    for (const jar of [...jars, jars[2]]) {
      await limits.attempt(asking('203.0.113.5', jar), 'ann');
      await limits.succeeded(asking('203.0.113.5', jar), account);
      clock.advance(1);
    }
    t.equal(await guess(limits, 0, 12), 100);
    const waits = await Promise.all(
      jars.map((jar, n) => limits.attempt(asking(`198.51.100.${n}`, jar), 'ann')),
    );
    t.same(
      waits.map((wait) => wait !== undefined),
      jars.map((_, n) => n < 2),
    );
  });
}

t.test('a value that somebody else put into the browser becomes nobody’s', async (t) => {
  const database = await openNew(t);
  const { limits, account } = await openParts(database);
  const planted = 'p'.repeat(43);
  const jar = new Map([['loop_device', planted]]);
  await limits.succeeded(asking('203.0.113.5', jar), account);
  t.not(jar.get('loop_device'), planted);
  const eve = await new AccountStore(database).create('eve', 'hash');
  const ofEve = new Map<string, string>();
  await limits.succeeded(asking('198.51.100.1', ofEve), eve);
  const lent = new Map(ofEve);
  await limits.succeeded(asking('203.0.113.5', lent), account);
  t.not(lent.get('loop_device'), ofEve.get('loop_device'));
});

t.test('the cookie comes with the right password alone, and its value is stored nowhere', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  const page = await browser.visit(world.authorization(app).url);
  const wrong = await browser.submit(page, { username: 'ann', password: 'wrong' });
  t.notMatch(wrong.headers.getSetCookie().join(), 'loop_device');
  const sets: string[] = [];
  const watched = new (class extends Browser {
    override async visit(...given: Parameters<Browser['visit']>): ReturnType<Browser['visit']> {
      const url = new URL(given[0]);
      const response = await fetch(url, {
        ...given[2],
        headers: { Cookie: await this.cookiesFor(url), ...given[2]?.headers },
        redirect: 'manual',
      });
      sets.push(...response.headers.getSetCookie());
      return super.visit(...given);
    }
  })();
  const signIn = await watched.visit(world.authorization(app).url);
  await watched.submit(signIn, ann);
  const set = sets.find((one) => one.startsWith('loop_device=')) ?? '';
  t.match(set, /; path=\/; .*expires=.*samesite=lax; httponly/i);
  const value = set.split(/[=;]/)[1] ?? '';
  t.match(value, /^[\w-]{43}$/);
  t.notOk((await world.storedBytes()).includes(value));
  const { status } = await world.ask('/account', { headers: { Cookie: `loop_device=${value}` } });
  t.equal(status, 200);
  t.notMatch(
    (await world.ask('/account', { headers: { Cookie: `loop_device=${value}` } })).text,
    'Signed in as',
    'it opens nothing',
  );
});
