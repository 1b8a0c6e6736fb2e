// api/tokens/introspection-cache.ts: how long answers stay good, with and without loop-auth. The clock is moved by hand.
import t, { type Test } from 'tap';
import type { Introspection } from '../../../api/tokens/introspection.ts';
import { IntrospectionCache } from '../../../api/tokens/introspection-cache.ts';
import {
  AuthorizationServerUnreachable,
  IntrospectionFailed,
} from '../../../api/tokens/introspection-errors.ts';

const HOUR = 3_600;

interface FarSide {
  cache: IntrospectionCache;
  asked: string[];
  events: string[];
  reachable: boolean[];
  /** What the far side does with a token; throws or answers. */
  answer: (token: string) => Promise<Introspection>;
  /** Moves the clock. */
  advance(seconds: number): void;
}

function makeFarSide(t: Test, settings: { cacheSeconds?: number; staleSeconds?: number } = {}): FarSide {
  let now = 1_800_000_000_000;
  const { now: realNow } = Date;
  Date.now = () => now;
  t.teardown(() => {
    Date.now = realNow;
  });
  const far: FarSide = {
    asked: [],
    events: [],
    reachable: [],
    answer: () => Promise.resolve(active()),
    advance: (seconds) => {
      now += seconds * 1_000;
    },
    cache: new IntrospectionCache({
      introspect: (token) => {
        far.asked.push(token);
        return far.answer(token);
      },
      cacheSeconds: settings.cacheSeconds ?? 30,
      staleSeconds: settings.staleSeconds ?? 900,
      onEvent: (event) => far.events.push(event),
      onReachable: (reachable) => far.reachable.push(reachable),
    }),
  };
  return far;
}

function active(secondsLeft = HOUR): Introspection {
  return {
    active: true,
    tokenType: 'Bearer',
    audience: [],
    issuer: 'i',
    expiresAt: Math.floor(Date.now() / 1_000) + secondsLeft,
    subject: 's',
    clientId: 'c',
    scopes: [],
  };
}

const refuse = () => Promise.reject(new AuthorizationServerUnreachable('refused'));
const settle = () => new Promise((resolve) => setImmediate(resolve));

t.test('an active answer is kept for cacheSeconds and then asked for again', async (t) => {
  const far = makeFarSide(t);
  await far.cache.introspect('a');
  far.advance(29);
  await far.cache.introspect('a');
  t.equal(far.asked.length, 1);
  far.advance(1);
  await far.cache.introspect('a');
  t.equal(far.asked.length, 2);
  t.same(far.events, ['miss', 'hit', 'miss']);
});

t.test('what is known comes without a promise', async (t) => {
  const far = makeFarSide(t);
  t.ok(far.cache.introspect('a') instanceof Promise);
  await settle();
  t.match(far.cache.introspect('a'), { active: true });
  far.answer = refuse;
  far.advance(31);
  await far.cache.introspect('a');
  t.match(far.cache.introspect('a'), { active: true }, 'in an outage too');
});

t.test('an active answer is never kept past exp', async (t) => {
  const far = makeFarSide(t);
  far.answer = () => Promise.resolve(active(10));
  await far.cache.introspect('a');
  far.advance(9);
  t.match(await far.cache.introspect('a'), { active: true });
  far.advance(1);
  t.match(await far.cache.introspect('a'), { active: false });
});

t.test('with cacheSeconds 0 every call asks', async (t) => {
  const far = makeFarSide(t, { cacheSeconds: 0 });
  await far.cache.introspect('a');
  await far.cache.introspect('a');
  far.answer = () => Promise.resolve({ active: false });
  await far.cache.introspect('b');
  await far.cache.introspect('b');
  t.equal(far.asked.length, 4);
});

t.test('an unknown token is remembered for 5 seconds, and not longer than cacheSeconds', async (t) => {
  for (const [cacheSeconds, kept] of [
    [30, 5],
    [2, 2],
  ] as const) {
    const far = makeFarSide(t, { cacheSeconds });
    far.answer = () => Promise.resolve({ active: false });
    await far.cache.introspect('a');
    far.advance(kept - 1);
    await far.cache.introspect('a');
    t.equal(far.asked.length, 1);
    far.advance(1);
    await far.cache.introspect('a');
    t.equal(far.asked.length, 2);
  }
});

t.test('many callers of one token wait for one question', async (t) => {
  const far = makeFarSide(t);
  const answers = await Promise.all(Array.from({ length: 50 }, () => far.cache.introspect('a')));
  t.equal(far.asked.length, 1);
  t.ok(answers.every((answer) => answer.active));
  t.equal(far.events.filter((event) => event === 'joined').length, 49);
});

t.test('a question that failed is not kept', async (t) => {
  const far = makeFarSide(t);
  far.answer = refuse;
  await t.rejects(async () => far.cache.introspect('a'), AuthorizationServerUnreachable);
  far.answer = () => Promise.resolve(active());
  t.match(await far.cache.introspect('a'), { active: true });
});

t.test('in an outage a known token stays good for staleSeconds after its last active answer', async (t) => {
  for (const cacheSeconds of [0, 30]) {
    const far = makeFarSide(t, { cacheSeconds });
    await far.cache.introspect('a');
    far.answer = refuse;
    far.advance(899);
    t.match(await far.cache.introspect('a'), { active: true });
    far.advance(1);
    await t.rejects(async () => far.cache.introspect('a'), AuthorizationServerUnreachable);
  }
});

t.test('in an outage a known token is never good past exp', async (t) => {
  const far = makeFarSide(t);
  far.answer = () => Promise.resolve(active(100));
  await far.cache.introspect('a');
  far.answer = refuse;
  far.advance(99);
  t.match(await far.cache.introspect('a'), { active: true });
  far.advance(1);
  t.match(await far.cache.introspect('a'), { active: false });
});

t.test('a token whose exp passes while loop-auth keeps silent is not good', async (t) => {
  const far = makeFarSide(t);
  far.answer = () => Promise.resolve(active(100));
  await far.cache.introspect('a');
  far.advance(99);
  far.answer = () => {
    far.advance(2);
    return refuse();
  };
  t.match(await far.cache.introspect('a'), { active: false });
});

t.test('in an outage a token that is not known is asked for, and fails', async (t) => {
  const far = makeFarSide(t);
  await far.cache.introspect('a');
  far.advance(31);
  far.answer = refuse;
  await far.cache.introspect('a');
  await t.rejects(async () => far.cache.introspect('b'), AuthorizationServerUnreachable);
});

t.test('an inactive answer ends what was known of a token: no outage brings it back', async (t) => {
  const far = makeFarSide(t);
  await far.cache.introspect('a');
  far.advance(31);
  far.answer = () => Promise.resolve({ active: false });
  t.match(await far.cache.introspect('a'), { active: false });
  far.advance(6);
  far.answer = refuse;
  await t.rejects(async () => far.cache.introspect('a'), AuthorizationServerUnreachable);
});

t.test('a failure that is no outage gives no stale answer', async (t) => {
  const far = makeFarSide(t);
  await far.cache.introspect('a');
  far.advance(31);
  far.answer = () => Promise.reject(new IntrospectionFailed('wrong secret'));
  await t.rejects(async () => far.cache.introspect('a'), IntrospectionFailed);
});

t.test('once an outage is known, stale answers come at once and one probe a second asks', async (t) => {
  const far = makeFarSide(t);
  await far.cache.introspect('a');
  far.advance(31);
  far.answer = refuse;
  await far.cache.introspect('a');
  t.same(far.reachable, [false]);
  const askedBefore = far.asked.length;
  // from here on the far side never answers: whoever waits for it hangs
  far.answer = () => new Promise(() => {});
  for (let call = 0; call < 20; call += 1) t.match(await far.cache.introspect('a'), { active: true });
  t.equal(far.asked.length, askedBefore + 1);
  far.advance(5);
  await far.cache.introspect('a');
  t.equal(far.asked.length, askedBefore + 1, 'no second probe while one is waiting');
});

t.test('a failed probe is followed by the next one a second later', async (t) => {
  const far = makeFarSide(t);
  await far.cache.introspect('a');
  far.advance(31);
  far.answer = refuse;
  await far.cache.introspect('a');
  const askedBefore = far.asked.length;
  for (let tenth = 0; tenth < 30; tenth += 1) {
    await far.cache.introspect('a');
    await settle();
    far.advance(0.1);
  }
  t.equal(far.asked.length - askedBefore, 3);
});

t.test('a probe that is answered ends the outage', async (t) => {
  const far = makeFarSide(t);
  await far.cache.introspect('a');
  far.advance(31);
  far.answer = refuse;
  await far.cache.introspect('a');
  far.answer = () => Promise.resolve({ active: false });
  far.advance(2);
  t.match(await far.cache.introspect('a'), { active: true }, 'the caller who started the probe');
  await settle();
  t.match(await far.cache.introspect('a'), { active: false }, 'the next caller learns what the probe learnt');
  t.same(far.reachable, [false, true]);
});

t.test('a flood of junk tokens does not push out good ones', async (t) => {
  const far = makeFarSide(t);
  await far.cache.introspect('good');
  far.answer = () => Promise.resolve({ active: false });
  for (let junk = 0; junk < 25_000; junk += 1) await far.cache.introspect(`junk-${junk}`);
  const askedBefore = far.asked.length;
  t.match(await far.cache.introspect('good'), { active: true });
  t.equal(far.asked.length, askedBefore);
});
