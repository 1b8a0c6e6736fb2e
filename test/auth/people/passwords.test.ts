// Password hashes: slow, salted, carrying their own cost, and a bounded number at once.
import t from 'tap';
import { hashPassword, isPassword, isQueueFull, PasswordUnchecked } from '../../../auth/people/passwords.ts';

t.test('a hash fits its password only, and no two are alike', async (t) => {
  const [first, second] = await Promise.all([hashPassword('비밀번호 päss'), hashPassword('비밀번호 päss')]);
  t.match(first, /^\$scrypt\$ln=15,r=8,p=3\$[\w-]{22}\$[\w-]{43}$/);
  t.not(first, second);
  t.ok(await isPassword('비밀번호 päss', first));
  t.ok(await isPassword('비밀번호 päss'.normalize('NFD'), first), 'typed on another keyboard');
  for (const wrong of ['', '비밀번호 päss ']) t.notOk(await isPassword(wrong, first));
});

t.test('a hash made with another cost still fits', async (t) => {
  const cheap = '$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$';
  t.notOk(await isPassword('x', `${cheap}${'A'.repeat(43)}`), 'and is compared whole');
});

t.test('no account and an unreadable hash cost as much as a wrong password, and are wrong', async (t) => {
  const hash = await hashPassword('right');
  const costOf = async (stored: string | undefined): Promise<number> => {
    const start = process.cpuUsage();
    t.notOk(await isPassword('wrong', stored));
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  const usual = await costOf(hash);
  for (const stored of [undefined, 'plain text']) {
    const cost = await costOf(stored);
    t.ok(
      cost > usual / 4 && cost < usual * 4,
      `${stored}: ${Math.round(cost / 1000)} of ${Math.round(usual / 1000)} ms`,
    );
  }
});

const quick = `$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$${'A'.repeat(43)}`;

t.test('two at once are checked and sixteen wait; the rest are turned away at once', async (t) => {
  t.notOk(isQueueFull());
  const checks = Array.from({ length: 40 }, () => isPassword('x', quick));
  t.ok(isQueueFull());
  const outcomes = await Promise.allSettled(checks);
  const refused = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  t.equal(refused.length, 22);
  t.ok(refused.every(({ reason }) => reason instanceof PasswordUnchecked));
  t.notOk(isQueueFull());
  t.equal(await isPassword('x', quick), false, 'and afterwards all is as before');
});

t.test('who goes away leaves the queue to others', async (t) => {
  const gone = new AbortController();
  const underWay = [isPassword('x', quick), isPassword('x', quick)];
  const leaving = Array.from({ length: 16 }, () => isPassword('x', quick, gone.signal));
  t.ok(isQueueFull());
  gone.abort();
  for (const outcome of await Promise.allSettled(leaving)) t.equal(outcome.status, 'rejected');
  const late = isPassword('x', quick, gone.signal);
  const others = Array.from({ length: 16 }, () => isPassword('x', quick));
  await t.rejects(late, PasswordUnchecked, 'one that was gone before it asked');
  t.same(await Promise.all([...underWay, ...others]), Array(18).fill(false));
  t.notOk(isQueueFull());
});

t.test('never more than two are checked at once, whenever they come', async (t) => {
  // Two take the time of one, and a third comes after them: on one core the order of their ends says so.
  const ended: number[] = [];
  const slow = quick.replace('ln=4', 'ln=12');
  const first = [0, 1, 2, 3].map((n) => isPassword('x', slow).then(() => ended.push(n)));
  await first[0];
  const late = isPassword('x', slow).then(() => ended.push(4));
  await Promise.all([...first, late]);
  t.equal(ended.at(-1), 4, 'who came last is not let in between');
});
