// auth/http/limits/requests.ts: how many registrations, sign-ins begun and questions for claims are taken from one network.
import t from 'tap';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { shiftClock } from '../../../support/clock.ts';
import { untilRefused } from '../../../support/limits.ts';
import { type Answer, startLoopAuth } from '../../../support/loop-auth.ts';
import { good, registerFrom, trusting } from '../../../support/registrations.ts';

t.test('registrations from one address are limited, with a time to wait', async (t) => {
  const world = await startLoopAuth(t);
  const statuses: number[] = [];
  for (let n = 0; n < 31; n += 1) statuses.push((await world.tryRegister({})).status);
  t.same(
    statuses.slice(0, 30),
    Array.from({ length: 30 }, () => 400),
    'faulty ones count too',
  );
  const refused = await world.tryRegister({ redirect_uris: ['https://app.example/cb'] });
  t.equal(refused.status, 429);
  t.match(refused.headers.get('Retry-After'), /^[1-9]\d?$/, 'a minute at most');
  t.equal(refused.body['error'], 'too_many_requests');
  t.same(await world.database.all({ sql: 'SELECT id FROM clients', slots: [] }, {}), []);
  t.equal((await world.ask('/jwks')).status, 200, 'everything else goes on');
});

t.test('one address can not use up what all have together, also not over a restart', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t, trusting);
  let taken = 0;
  for (let n = 0; n < 10; n += 1) {
    for (let m = 0; m < 25; m += 1)
      if ((await registerFrom(world, '192.0.2.1', good())).status === 201) taken += 1;
    clock.advance(61);
  }
  t.equal(taken, 200, 'an hour of one address');
  t.equal((await registerFrom(world, '192.0.2.2', good())).status, 201, 'another one still may');
  const restarted = await startLoopAuth(t, {
    ...trusting,
    databasePath: world.databasePath,
    withoutAccount: true,
  });
  t.equal((await registerFrom(restarted, '192.0.2.1', good())).status, 429, 'it is remembered');
  t.equal((await registerFrom(restarted, '192.0.2.2', good())).status, 201);
});

t.test(
  'sign-ins that nobody finishes are begun 600 times in ten minutes from one network, not more',
  async (t) => {
    const clock = shiftClock(t);
    const world = await startLoopAuth(t, trusting);
    const app = await world.register();
    const own = new Browser();
    await world.connect({ browser: own });
    const { search } = world.authorization(app).url;
    const ask = (path: string, address = '192.0.2.1', more = {}): Promise<Answer> =>
      world.ask(path, { headers: { 'X-Forwarded-For': address, ...more } });
    for (let n = 0; n < 300; n += 1) {
      await Promise.all([ask('/auth?client_id=gone'), ask('/session/end')]);
    }
    for (const path of [`/auth${search}`, '/session/end']) {
      const refused = await ask(path);
      t.equal(refused.status, 429, path);
      t.match(refused.headers.get('Retry-After'), /^[1-9]\d*$/);
      t.match(refused.headers.get('Content-Type'), 'text/html');
      t.match(refused.text, 'too many requests');
      t.same(refused.headers.getSetCookie(), []);
    }
    t.equal((await ask(`/auth${search}`, '192.0.2.2')).status, 303, 'others go on');
    t.equal((await ask('/token')).status, 405, 'and so does everything that leaves nothing behind');
    const cookies = { Cookie: await own.cookiesFor(`${world.issuer}/auth`) };
    t.equal((await ask(`/auth${search}`, '192.0.2.1', cookies)).status, 303, 'and whoever signed in before');

    clock.advance(601);
    for (let n = 0; n < 599; n += 1) await ask('/auth?client_id=gone');
    clock.advance(601);
    t.equal((await ask('/auth?client_id=gone')).status, 400);
    t.equal((await ask(`/auth${search}`)).status, 429, 'and 1200 times in an hour');
  },
);

const asked = (status: number, route: string): RegExp =>
  new RegExp(`loop_auth_request_seconds_count\\{route="${route}",status="${status}"\\} [1-9]`);

for (const path of ['/auth', '/session/end']) {
  t.test(`a form posted to ${path} counts, and the owner goes on`, async (t) => {
    const world = await startLoopAuth(t, trusting);
    const own = new Browser();
    const { app } = await world.connect({ browser: own });
    const post = (address: string, more = {}): Promise<Answer> =>
      world.post(path, { client_id: app.clientId }, { 'X-Forwarded-For': address, ...more });
    const { taken, refusal } = await untilRefused(() => post('192.0.2.1'));
    t.ok(taken >= 1200, `${taken} were taken`);
    t.match(refusal.headers.get('Retry-After'), /^[1-9]\d*$/);
    t.match(refusal.headers.get('Content-Type'), 'text/html');
    t.match(refusal.text, 'too many requests');
    t.equal((await post('192.0.2.2')).status, 303, 'others go on');
    const cookies = { Cookie: await own.cookiesFor(`${world.issuer}/auth`) };
    t.equal((await post('192.0.2.1', cookies)).status, 303, 'and whoever signed in before');
    const link = world.authorization(app).url.search;
    const headers = { 'X-Forwarded-For': '192.0.2.1' };
    t.equal((await world.ask(`/auth${link}`, { headers })).status, 303, 'and a link');
    t.match(await world.readMetrics(), asked(429, path === '/auth' ? 'authorization' : 'end_session'));
  });
}

t.test('questions for claims count, by either method; who shows a token of ours goes on', async (t) => {
  const world = await startLoopAuth(t, trusting);
  const { tokens } = await world.connect({ parameters: { scope: 'openid vault.read' } });
  const ask = (address: string, token?: string, method = 'GET'): Promise<Answer> => {
    const bearer = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    return world.ask('/me', { method, headers: { 'X-Forwarded-For': address, ...bearer } });
  };
  const { taken, refusal } = await untilRefused((n) =>
    ask('192.0.2.1', n % 3 ? 'made-up' : undefined, n % 2 ? 'GET' : 'POST'),
  );
  t.ok(taken >= 1200, `${taken} were taken`);
  t.match(refusal.headers.get('Retry-After'), /^[1-9]\d?$/);
  t.equal(refusal.body['error'], 'too_many_requests');
  for (const method of ['GET', 'POST', 'HEAD'])
    t.equal((await ask('192.0.2.1', 'made-up', method)).status, 429, method);
  t.equal((await ask('192.0.2.2', 'made-up')).status, 401, 'another network goes on');
  t.equal((await ask('192.0.2.1', tokens.access_token)).status, 200, 'and a token of ours');
  t.equal((await world.introspect(tokens.access_token)).status, 200, 'loop-api asks as ever');
  t.match(await world.readMetrics(), asked(429, 'userinfo'));
  const own = await untilRefused(() => ask('192.0.2.1', tokens.access_token));
  t.ok(own.taken >= 599, `${own.taken} with the token`);
  t.equal((await ask('192.0.2.2', tokens.access_token)).status, 200, 'which goes on elsewhere');
});

t.test('what a HEAD asks for counts as what a GET does', async (t) => {
  const world = await startLoopAuth(t);
  const head = (path: string): Promise<Answer> => world.ask(path, { method: 'HEAD' });
  for (let n = 0; n < 600; n += 20)
    await Promise.all(Array.from({ length: 20 }, () => head('/auth?client_id=gone')));
  t.equal((await world.ask('/auth?client_id=gone')).status, 429);
  t.equal((await head('/session/end')).status, 429);
});
