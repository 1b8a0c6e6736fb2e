// Who has guessed too often: what the page says, and that a database that can't count or answer is never their fault.
import t from 'tap';
import { lockDatabase } from '../../support/database-lock.ts';
import { lockOut } from '../../support/limits.ts';
import { type Answer, ann, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';
import { trusting } from '../../support/registrations.ts';

const slip = { ...ann, password: 'a slip' };

function signIn(world: LoopAuth, person: typeof ann, headers: Record<string, string> = {}): Promise<Answer> {
  return world.post('/account/sign-in', { ...person }, { 'X-Forwarded-For': '198.18.0.1', ...headers });
}

t.test('a lock-out says until when, in which zone, and what else works, in both languages', async (t) => {
  const world = await startLoopAuth(t, trusting);
  await lockOut(world, ann.username);
  const askedAt = Date.now();
  const { status, headers, text } = await signIn(world, ann, { 'Accept-Language': 'en' });
  t.equal(status, 429);
  const wait = Number(headers.get('Retry-After'));
  t.ok(wait > 0 && wait <= 3600, `${wait} seconds`);
  const [, said = ''] = /works again at ([^<]+) \(UTC\)\.<\/strong>/.exec(text) ?? [];
  const day = new Date(askedAt + wait * 1000).toDateString();
  const until = Date.parse(`${day} ${said.replace(/\s/g, ' ')} UTC`);
  t.ok(
    until >= askedAt + wait * 1000 - 1000 && until < askedAt + wait * 1000 + 62_000,
    `${said} for ${wait} s`,
  );
  t.match(text, /A browser in which you signed in before.*may let you in now/);
  t.match(text, '<code>npm run seed-user</code>');
  const korean = await signIn(world, ann, { 'Accept-Language': 'ko', Cookie: 'loop_zone=Asia/Seoul' });
  t.match(korean.text, /오[전후] \d{1,2}:\d{2}부터 다시 로그인할 수 있습니다/, 'in the zone of who reads');
  t.match(korean.text, '전에 로그인한 적이 있는 브라우저');
  t.equal((await signIn(world, { ...ann, username: 'nobody' })).status, 401, 'others are not held up');
});

t.test(
  'while another program holds the file guesses are limited all the same, and none is wrong that is right',
  async (t) => {
    const world = await startLoopAuth(t, trusting);
    const unlock = await lockDatabase(world.databasePath);
    t.teardown(unlock);
    const slips: number[] = [];
    for (let n = 0; n < 11; n += 1) slips.push((await signIn(world, slip)).status);
    t.same(slips, [...Array(10).fill(401), 429]);
    const right = await signIn(world, ann, { 'X-Forwarded-For': '198.18.0.2' });
    t.equal(right.status, 503, 'what a right password becomes can’t be stored');
    t.match(right.headers.get('Retry-After'), /^[1-9]/);
    t.notMatch(right.text, 'is wrong');
    await unlock();
    t.equal((await signIn(world, ann, { 'X-Forwarded-For': '198.18.0.2' })).status, 303);
  },
);
