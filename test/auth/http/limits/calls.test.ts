// auth/http/limits/calls.ts: how often tokens are asked for, asked about and revoked.
import t from 'tap';
import { shiftClock } from '../../../support/clock.ts';
import { untilRefused } from '../../../support/limits.ts';
import { type Answer, basic, startLoopAuth } from '../../../support/loop-auth.ts';
import { trusting } from '../../../support/registrations.ts';

// Thousands of requests: more than the usual two minutes on a busy machine.
t.setTimeout(600_000);

/** So many requests, some at once. */
async function many(count: number, ask: (n: number) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let n = 0; n < count; n += 20)
    answers.push(
      ...(await Promise.all(Array.from({ length: Math.min(20, count - n) }, (_, m) => ask(n + m)))),
    );
  return answers;
}

const from = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address });

t.test('one grant is refreshed 500 times a minute; beyond it is 503, and nothing is used up', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect();
  const { tokens: other } = await world.connect({ app });
  let token: unknown = tokens.refresh_token;
  const refresh = async (): Promise<Answer> => {
    const answer = await world.refresh(app, token);
    if (answer.status === 200) token = answer.body['refresh_token'];
    return answer;
  };
  const { refusal, takenInAMinute } = await untilRefused(refresh, { status: 503, atOnce: 1 });
  t.ok(takenInAMinute >= 300 && takenInAMinute <= 1000, `${takenInAMinute}`);
  t.equal(refusal.body['error'], 'temporarily_unavailable');
  t.match(refusal.headers.get('Retry-After'), /^[1-9]\d?$/);
  t.equal((await world.refresh(app, other.refresh_token)).status, 200, 'another grant of the app goes on');
  clock.advance(61);
  t.equal((await world.refresh(app, token)).status, 200, 'and this one a minute later');
});

t.test('loop-api asks about as many tokens as it likes, whatever its network did', async (t) => {
  const world = await startLoopAuth(t);
  const { tokens } = await world.connect();
  await many(700, () => world.introspect('made up', basic('loop-api', 'a wrong secret of loop-api')));
  const answers = await many(2600, (n) => world.introspect(n % 5 ? tokens.access_token : `made up ${n}`));
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]));
});

t.test('whoever tries loop-api’s name with wrong secrets has to wait', async (t) => {
  const world = await startLoopAuth(t, trusting);
  const wrong = (address: string): Promise<Answer> =>
    world.post(
      '/token/introspection',
      { token: 'x' },
      { ...from(address), Authorization: basic('loop-api', 'wrong') },
    );
  const { refusal, taken, takenInAMinute } = await untilRefused(() => wrong('192.0.2.1'));
  t.ok(taken >= 600 && takenInAMinute <= 1200, `${taken}, ${takenInAMinute} of them within a minute`);
  t.equal(refusal.body['error'], 'too_many_requests');
  t.match(refusal.headers.get('Retry-After'), /^[1-9]\d?$/);
  t.equal((await wrong('192.0.2.2')).status, 401, 'another network');
});

t.test('requests in the name of strangers’ apps, or of none there is, are counted by network', async (t) => {
  const world = await startLoopAuth(t, trusting);
  const stranger = await world.register();
  const asks: Array<(address: string) => Promise<Answer>> = [
    (address) => world.post('/token/revocation', { client_id: stranger.clientId, token: 'x' }, from(address)),
    (address) =>
      world.post(
        '/token',
        { client_id: 'nobody', grant_type: 'refresh_token', refresh_token: 'x' },
        from(address),
      ),
    (address) =>
      world.post('/token/introspection', { client_id: stranger.clientId, token: 'x' }, from(address)),
    (address) => world.post('/token', { grant_type: 'refresh_token', refresh_token: 'x' }, from(address)),
  ];
  for (const [n, ask] of asks.entries()) {
    const { taken, takenInAMinute } = await untilRefused(() => ask(`192.0.2.${n}`));
    t.ok(taken >= 600 && takenInAMinute <= 1200, `${n}: ${taken}, ${takenInAMinute} of them within a minute`);
    t.not((await ask('198.51.100.1')).status, 429, 'others go on');
  }
});

t.test(
  'a known app goes on with the tokens it has, though strangers use its name from its own network',
  async (t) => {
    const world = await startLoopAuth(t);
    const { app, tokens } = await world.connect();
    const { refusal, taken } = await untilRefused(
      (n) => (n % 2 ? world.refresh(app, `made up ${n}`) : world.revoke(app, `made up ${n}`)),
      { status: 503, atMost: 30_000 },
    );
    t.ok(taken >= 2900, `${taken} before they are told to come again`);
    t.equal(refusal.body['error'], 'temporarily_unavailable');
    const { status, body } = await world.refresh(app, tokens.refresh_token);
    t.equal(status, 200);
    t.equal((await world.revoke(app, body['refresh_token'])).status, 200);
    t.notOk(await world.isActive(body['access_token']));
  },
);
