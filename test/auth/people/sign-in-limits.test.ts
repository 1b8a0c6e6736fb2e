// auth/people/sign-in-limits.ts: how many passwords are taken, from whom.
import t from 'tap';
import { createSignInLimits } from '../../../auth/people/sign-in-limits.ts';

t.test('a password is tried ten times from one address for one account', async (t) => {
  const limits = createSignInLimits();
  for (let n = 0; n < 10; n += 1) t.equal(await limits.attempt('192.0.2.1', 'ann'), undefined);
  const wait = await limits.attempt('192.0.2.1', 'Ann');
  t.ok(wait !== undefined && wait > 0 && wait <= 900, 'then one waits, in seconds');
  t.equal(await limits.attempt('192.0.2.1', 'bob'), undefined, 'another account at the same address');
  t.equal(await limits.attempt('192.0.2.2', 'ann'), undefined, 'the same account from elsewhere');
});

t.test('one address, or one IPv6 network, tries sixty times whatever the names', async (t) => {
  for (const address of [() => '192.0.2.1', (n: number) => `2001:db8:0:1::${n}`]) {
    const limits = createSignInLimits();
    for (let n = 0; n < 60; n += 1) await limits.attempt(address(n), `name ${n}`);
    t.ok(await limits.attempt(address(61), 'one more'), address(0));
    t.equal(await limits.attempt('2001:db8:0:2::1', 'one more'), undefined, 'others go on');
  }
});

t.test('a guesser with many addresses is slowed, but does not lock the owner out', async (t) => {
  const limits = createSignInLimits();
  t.equal(await limits.attempt('203.0.113.5', 'ann'), undefined);
  await limits.succeeded('203.0.113.5', 'ann');
  await new Promise((resolve) => setTimeout(resolve, 5));
  let tries = 0;
  for (let n = 0; n < 30; n += 1) {
    for (let m = 0; m < 9; m += 1)
      if ((await limits.attempt(`192.0.2.${n}`, 'ann')) === undefined) tries += 1;
  }
  t.equal(tries, 100, 'an hour of the whole world');
  t.ok(await limits.attempt('198.51.100.7', 'ann'));
  t.equal(await limits.attempt('203.0.113.5', 'ann'), undefined, 'the owner, where they signed in before');
  for (let n = 0; n < 9; n += 1) await limits.attempt('203.0.113.5', 'ann');
  t.ok(await limits.attempt('203.0.113.5', 'ann'), 'and there the ten tries hold');
});

t.test('success gives the tries back', async (t) => {
  const limits = createSignInLimits();
  for (let n = 0; n < 80; n += 1) {
    t.equal(await limits.attempt('192.0.2.1', 'ann'), undefined);
    await limits.succeeded('192.0.2.1', 'ann');
  }
});
