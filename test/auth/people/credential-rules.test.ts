// Which usernames and passwords may be chosen; what is in use already goes on.
import t from 'tap';
import { findCredentialFault } from '../../../auth/people/credential-rules.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { addAccount, startLoopAuth } from '../../support/loop-auth.ts';

t.test('ten characters are enough, nine are not, in any writing', async (t) => {
  for (const [password, isShort] of [
    ['kx7 Qm2 pv', false],
    ['kx7 Qm2 p', true],
    ['가나다라 마바 사자', false],
    ['가나다라 마바 사', true],
    ['🦊🐻🐼🐨🐯🦁🐮🐷🐸', true],
  ] as const) {
    const fault = await findCredentialFault('ann', password);
    if (isShort) t.same(fault, { code: 'passwordTooShort', values: { least: 10 } }, password);
    else t.equal(fault, undefined, password);
  }
});

t.test('what guessers try first is refused, however it is dressed up', async (t) => {
  for (const password of [
    '1234567890',
    '0987654321',
    '12345678910',
    'password12',
    'Password123',
    'Password123!',
    'P4ssw0rd1234',
    'PASSWORD1234',
    'passwordpassword',
    'qwertyuiop',
    'QWERTY123456',
    '1q2w3e4r5t',
    '1qaz2wsx3edc',
    'asdfghjkl123',
    'iloveyou123',
    'administrator',
    'letmein2026',
    'changemechangeme',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    'abcdefghijkl',
    '2026-11-26',
    'trustno1trustno1',
    '비밀번호비밀번호비밀번호',
    `${'a'.repeat(1000)}`,
  ]) {
    const fault = await findCredentialFault('someone else', password);
    t.same(fault, { code: 'passwordCommon' }, password.slice(0, 40));
  }
});

t.test('what is made of the name is refused', async (t) => {
  for (const [username, password] of [
    ['margaret-smith', 'margaret-smith'],
    ['Margaret-Smith', 'margaret-smith1'],
    ['margaret', 'MargaretMargaret'],
    ['margaret', 'margaret.margaret'],
    ['margaret', 'Margaret2026'],
    ['margaret', 'Margaret!2026'],
    ['margaret', 'teragram123'],
    ['margaret', 'm4rgar3t99'],
    ['zyxwolfram', 'zyxw0lfr4m99'],
    ['zyxwolfram', 'Marflowxyz99'],
    ['ann', 'ann1234567'],
    ['ann', 'Ann2026!!!'],
    ['ann', 'annannannann'],
    ['ｍａｒｇａｒｅｔ', 'margaret-99'],
    ['김철수입니다', '김철수입니다2026'],
  ] as const) {
    const fault = await findCredentialFault(username, password);
    t.match(fault?.code, /passwordIsName|passwordCommon/, password);
  }
});

t.test('what nobody would guess is taken, also with the name or a common word in it', async (t) => {
  for (const password of [
    'a long sentence',
    'a sentence that only Ann knows',
    'correct horse battery staple',
    'eve has a password',
    'ann was never here',
    'tangerine-42',
    'dkssudgktpdy rhdiddl',
    '오늘은 비가 왔다 말았다',
    'xxx then something of its own',
  ]) {
    t.equal(await findCredentialFault('ann', password), undefined, password);
  }
  t.equal(
    await findCredentialFault('e', 'a long sentence'),
    undefined,
    'a name of one letter is in every word',
  );
});

t.test('the judgement takes no longer for a longer password', async (t) => {
  const timeOf = async (length: number): Promise<number> => {
    const times: number[] = [];
    for (let run = 0; run < 5; run += 1) {
      const before = process.threadCpuUsage();
      for (const part of ['1', 'abc1', 'passw0rd', '@$(!'])
        await findCredentialFault('ann', part.repeat(length).slice(0, length));
      const { user, system } = process.threadCpuUsage(before);
      times.push((user + system) / 1000);
    }
    return Math.min(...times);
  };
  // The processor's time is counted in steps of up to 4 ms.
  await timeOf(64);
  const [short, long] = [Math.max(4, await timeOf(64)), await timeOf(1024)];
  t.ok(long / short < 6, `${Math.round(long)} ms after ${Math.round(short)}`);
});

t.test('a password that was taken by an older version goes on working', async (t) => {
  const world = await startLoopAuth(t);
  const old = { username: 'old', password: 'password' };
  await addAccount(world.database, old);
  const browser = new Browser();
  const page = await browser.submit(await browser.visit(`${world.issuer}/account`), old);
  t.match(page.text, 'Connected apps');
});
