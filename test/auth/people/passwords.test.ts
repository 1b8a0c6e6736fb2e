// Password hashes: slow, salted, carrying their own cost, and a bounded number at once.
import t from 'tap';
import {
  hashPassword,
  isCheaperThanToday,
  isPassword,
  isQueueFull,
  PasswordUnchecked,
} from '../../../auth/people/passwords.ts';

t.test('a hash fits its password only, and no two are alike', async (t) => {
  const [first, second] = await Promise.all([hashPassword('비밀번호 päss'), hashPassword('비밀번호 päss')]);
  t.match(first, /^\$scrypt\$ln=15,r=8,p=3\$[\w-]{22}\$[\w-]{43}$/);
  t.not(first, second);
  t.ok(await isPassword('비밀번호 päss', first));
  t.ok(await isPassword('비밀번호 päss'.normalize('NFD'), first), 'typed on another keyboard');
  for (const wrong of ['', '비밀번호 päss ']) t.notOk(await isPassword(wrong, first));
});

t.test('the cost is one that OWASP’s table has for scrypt', async (t) => {
  // Password Storage Cheat Sheet: N, r, p of equal strength, from 128 MiB down to 8.
  const rows = ['ln=17,r=8,p=1', 'ln=16,r=8,p=2', 'ln=15,r=8,p=3', 'ln=14,r=8,p=5', 'ln=13,r=8,p=10'];
  const [, , cost = ''] = (await hashPassword('any')).split('$');
  t.ok(rows.includes(cost), cost);
  t.notOk(isCheaperThanToday(await hashPassword('any')));
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
  const leaving = Array.from({ length: 16 }, () => isPassword('x', quick, { gone: gone.signal }));
  t.ok(isQueueFull());
  gone.abort();
  for (const outcome of await Promise.allSettled(leaving)) t.equal(outcome.status, 'rejected');
  const late = isPassword('x', quick, { gone: gone.signal });
  const others = Array.from({ length: 16 }, () => isPassword('x', quick));
  await t.rejects(late, PasswordUnchecked, 'one that was gone before it asked');
  t.same(await Promise.all([...underWay, ...others]), Array(18).fill(false));
  t.notOk(isQueueFull());
});

t.test('who is known goes before all others, and has as many places again', async (t) => {
  const ended: string[] = [];
  const check = (name: string, isKnown: boolean): Promise<unknown> =>
    isPassword('x', quick, { isKnown }).then(() => ended.push(name));
  const others = Array.from({ length: 18 }, () => check('other', false));
  t.ok(isQueueFull());
  t.notOk(isQueueFull(true));
  const known = Array.from({ length: 16 }, () => check('known', true));
  t.ok(isQueueFull(true), 'no more of them than of the others');
  await t.rejects(check('one more', true), PasswordUnchecked);
  await Promise.all([...others, ...known]);
  t.equal(ended.lastIndexOf('known'), 17, 'two were under way');
  t.notOk(isQueueFull(true));
});

t.test('never more than two are checked at once, whenever they come', async (t) => {
  const ended: string[] = [];
  const check = (name: string, cost: number): Promise<unknown> =>
    isPassword('x', quick.replace('ln=4', `ln=${cost}`)).then(() => ended.push(name));
  const first = [check('first', 12), check('first', 12), check('second', 14), check('second', 14)];
  await first[0];
  // So quick that it would end before those that wait already, had it not to wait until three of them have ended.
  await Promise.all([...first, check('late', 4)]);
  t.ok(ended.indexOf('late') >= 3, `who came last is not let in between: ${ended}`);
});
