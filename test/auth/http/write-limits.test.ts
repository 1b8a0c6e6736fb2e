// auth/http/write-limits.ts: how many registrations and sign-ins begun are taken, from whom.
import t from 'tap';
import { shiftClock } from '../../support/clock.ts';
import { startLoopAuth } from '../../support/loop-auth.ts';

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

t.test('one address can not use up what all have together', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t, { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } });
  const from = async (address: string): Promise<number> => {
    const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': address };
    return (await world.ask('/reg', { method: 'POST', headers, body: '{}' })).status;
  };
  let taken = 0;
  for (let minute = 0; minute < 25; minute += 1) {
    clock.advance(61);
    for (let n = 0; n < 30; n += 1) if ((await from('192.0.2.1')) === 400) taken += 1;
  }
  t.equal(taken, 200, 'an hour of one address');
  t.equal(await from('192.0.2.2'), 400, 'another one still may');
  for (let n = 3; n < 40; n += 1) for (let m = 0; m < 15; m += 1) await from(`192.0.2.${n}`);
  const last = await from('192.0.2.99');
  t.equal(last, 429, 'all of them together have a limit as well');
});

t.test(
  'sign-ins that nobody finishes are begun 600 times in ten minutes from one network, not more',
  async (t) => {
    const world = await startLoopAuth(t, { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } });
    const app = await world.register();
    const { search } = world.authorization(app).url;
    const ask = (path: string, address = '192.0.2.1'): ReturnType<typeof world.ask> =>
      world.ask(path, { headers: { 'X-Forwarded-For': address } });
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
  },
);
