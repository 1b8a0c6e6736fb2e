// Password hashes: slow, salted, carrying their own cost, and a bounded number at once.
import t from 'tap';
import { hashPassword, isPassword } from '../../../auth/people/passwords.ts';

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

t.test('more than 66 at once are turned away, and the others get their turn', async (t) => {
  const quick = `$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$${'A'.repeat(43)}`;
  const checks = await Promise.allSettled(Array.from({ length: 80 }, () => isPassword('x', quick)));
  const refused = checks.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  t.equal(refused.length, 14);
  t.ok(refused.every(({ reason }) => (reason as Error).name === 'TooManyPasswordChecks'));
  t.equal(await isPassword('x', quick), false, 'and afterwards all is as before');
});
