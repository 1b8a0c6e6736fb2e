// What a resource server tells of refused calls becomes part of the try that it belongs to.
import t from 'tap';
import { TryStore } from '../../../adapters/stores/timeline/tries.ts';
import { diagnose } from '../../../auth/timeline/diagnosis.ts';
import { shiftClock } from '../../support/clock.ts';
import { apiSecret, basic, type LoopAuth, resource, startLoopAuth } from '../../support/loop-auth.ts';

const triesOf = (loop: LoopAuth) => new TryStore(loop.database).list(undefined);

const post = (loop: LoopAuth, calls: unknown, credentials = basic('loop-api', apiSecret), of = resource) =>
  loop.ask('/resource-refusals', {
    method: 'POST',
    headers: { Authorization: credentials, 'Content-Type': 'application/json' },
    body: JSON.stringify({ resource: of, calls }),
  });

t.test(
  'nobody tells it but a resource server of its own resource, and each wrong field is named',
  async (t) => {
    const loop = await startLoopAuth(t);
    const one = { outcome: 'no_token', secondsAgo: 0, address: '192.0.2.1' };
    t.equal((await post(loop, [one], basic('loop-api', 'wrong'))).status, 401);
    t.equal((await post(loop, [one], undefined, 'https://elsewhere.example/mcp')).status, 403);
    t.match((await post(loop, [{ ...one, outcome: 'odd' }])).body, {
      error_description: /calls\.0\.outcome/,
    });
    t.equal((await post(loop, Array(101).fill(one))).status, 400);
    await loop.storeTries();
    t.same(await triesOf(loop), []);
    t.equal((await post(loop, [one])).status, 204);
  },
);

t.test(
  'a token that was over is no fault once the app came for another, whichever is told first',
  async (t) => {
    const clock = shiftClock(t);
    const loop = await startLoopAuth(t);
    const { app, tokens } = await loop.connect();
    clock.advance(3 * 3600);
    await loop.refresh(app, tokens.refresh_token);
    await loop.storeTries();
    const [row] = await triesOf(loop);
    const whose = { clientId: app.clientId, subject: row?.accountId };
    const refused = { outcome: 'token_refused', secondsAgo: 4, address: '192.0.2.1', ...whose };
    await post(loop, [refused]);
    await loop.storeTries();
    t.match(await triesOf(loop), [{ cause: undefined, accountId: row?.accountId }]);
    t.equal((await triesOf(loop)).length, 1);
    clock.advance(60);
    await post(loop, [{ ...refused, secondsAgo: 0 }]);
    await loop.storeTries();
    t.match(await triesOf(loop), [{ cause: 'tokenRefused' }], 'it did not come this time');
  },
);

t.test('a call without a token is what the try began with, also where it is told last of all', async (t) => {
  const clock = shiftClock(t);
  const loop = await startLoopAuth(t);
  const app = await loop.register();
  const attempt = loop.authorization(app);
  clock.advance(20);
  const code = await loop.code(attempt);
  await loop.exchange(app, code, attempt);
  await loop.storeTries();
  const knock = { outcome: 'no_token', address: '127.0.0.1', code: 'first' };
  await post(loop, [{ ...knock, secondsAgo: 21 }]);
  await loop.storeTries();
  t.match(await triesOf(loop), [{ steps: { knocked: { result: 'done' }, tokenGiven: { result: 'done' } } }]);
  t.equal((await triesOf(loop)).length, 1);
});

t.test('who was given a token and calls without one has lost it, until it comes with it', async (t) => {
  const clock = shiftClock(t);
  const loop = await startLoopAuth(t);
  const app = await loop.register();
  const attempt = loop.authorization(app);
  clock.advance(20);
  const { body } = await loop.exchange(app, await loop.code(attempt), attempt);
  clock.advance(6);
  const knock = { outcome: 'no_token', secondsAgo: 5, address: '127.0.0.1' };
  await post(loop, [knock]);
  await loop.storeTries();
  t.match(await triesOf(loop), [{ cause: 'tokenMisplaced', isGuessed: true, clientId: app.clientId }]);
  t.equal((await triesOf(loop)).length, 1);
  await loop.introspect(body['access_token']);
  await loop.storeTries();
  t.match(await triesOf(loop), [{ cause: undefined, steps: { called: { result: 'done' } } }]);
  clock.advance(60);
  await post(loop, [knock]);
  await loop.storeTries();
  const now = Math.floor(Date.now() / 1000) + 200;
  const causes = (await triesOf(loop)).map((one) => diagnose(one, now));
  t.same(causes, ['challengeIgnored', undefined], 'what comes after it called is another');
});
