// Posted passwords: what a right one clears, and what a crowd of them costs whom.
import { scryptSync } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { DatabaseUnavailable } from '../../../adapters/database/errors.ts';
import { type Account, AccountStore } from '../../../adapters/stores/accounts.ts';
import { isQueueFull } from '../../../auth/people/passwords.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import {
  type Answer,
  addAccount,
  ann,
  type LoopAuth,
  present,
  startLoopAuth,
} from '../../support/loop-auth.ts';
import { trusting } from '../../support/registrations.ts';
import { hashEachTime } from '../../support/remembered-hashes.ts';

// What is told here is that it takes its time.
hashEachTime(t);

// From as many networks as one likes, so that no limit of guessing stands in the way.

function signIn(world: LoopAuth, n: number, person: Record<string, string> = ann): Promise<Answer> {
  return world.post('/account/sign-in', { ...person }, { 'X-Forwarded-For': `198.18.0.${n}` });
}

const failures = (world: LoopAuth): string[] =>
  world.lines.filter((line) => (JSON.parse(line) as { level: number }).level >= 50);

const salt = Buffer.alloc(16);
const key = scryptSync(ann.password, salt, 32, { N: 2 ** 14, r: 8, p: 1 }).toString('base64url');
/** Of Ann's password, at less cost than today's. */
const cheap = `$scrypt$ln=14,r=8,p=1$${salt.toString('base64url')}$${key}`;

t.test('where a hash can not be made anew just now, one signs in all the same', async (t) => {
  const world = await startLoopAuth(t, trusting);
  const accounts = new AccountStore(world.database);
  const { id } = (await accounts.findByUsername(ann.username)) as Account;
  await accounts.setPassword(id, cheap, false);
  const away = new DatabaseUnavailable('a test says so');
  t.intercept(AccountStore.prototype, 'renewHash', { value: () => Promise.reject(away), configurable: true });
  t.equal((await signIn(world, 1)).status, 303);
  t.equal((await accounts.findById(id))?.passwordHash, cheap);
});

t.test('a hash of less cost is made anew by a right password, and by no wrong one', async (t) => {
  const world = await startLoopAuth(t, trusting);
  const accounts = new AccountStore(world.database);
  const stored = async (): Promise<Account> => (await accounts.findByUsername(ann.username)) as Account;
  await accounts.setPassword((await stored()).id, cheap, false);
  t.equal((await signIn(world, 1, { ...ann, password: 'a slip' })).status, 401);
  t.equal((await stored()).passwordHash, cheap);
  t.equal((await signIn(world, 1)).status, 303);
  const { passwordHash } = await stored();
  t.match(passwordHash, '$scrypt$ln=15,r=8,p=3$');
  t.equal((await signIn(world, 1)).status, 303, 'and it fits');
  t.equal((await stored()).passwordHash, passwordHash, 'once');
});

t.test('a right password clears the slips before it', async (t) => {
  const world = await startLoopAuth(t, trusting);
  const slip = { username: ann.username, password: 'a slip' };
  for (let round = 0; round < 2; round += 1) {
    const slips = await Promise.all(Array.from({ length: 9 }, () => signIn(world, 1, slip)));
    t.ok(slips.every(({ status }) => status === 401));
    t.equal((await signIn(world, 1)).status, 303, 'the tenth try');
  }
});

t.test(
  'ninety sign-ins at once: all are answered, most of them before the first password is checked',
  async (t) => {
    const world = await startLoopAuth(t, trusting);
    const ended: number[] = [];
    const answers = await Promise.all(
      Array.from({ length: 90 }, async (_, n) => {
        const answer = await signIn(world, n, { username: `nobody ${n}`, password: 'x' });
        ended.push(answer.status);
        return answer;
      }),
    );
    const checked = answers.filter(({ status }) => status === 401);
    const refused = answers.filter(({ status }) => status === 503);
    t.equal(checked.length + refused.length, 90);
    t.ok(checked.length >= 18, `${checked.length} were checked`);
    t.ok(refused.length >= 60, `${refused.length} were told to come back`);
    const early = ended.slice(0, 20).filter((status) => status === 503).length;
    t.ok(early >= 15, `${early} of the first twenty`);
    for (const { headers, text } of refused.slice(0, 3)) {
      t.match(headers.get('Retry-After'), /^[1-9]/);
      t.match(text, 'Try again in a few seconds');
      t.match(text, /value="nobody \d+"/, 'the form is there, with the name that was typed');
    }
    t.same(failures(world), [], 'a crowd is no failure');
    t.equal((await signIn(world, 91)).status, 303, 'and a moment later all is as before');
  },
);

t.test('who was turned away has not guessed', async (t) => {
  const world = await startLoopAuth(t, trusting);
  const crowd = await fillQueue(t, world);
  const turnedAway = await Promise.all(Array.from({ length: 15 }, () => signIn(world, 1)));
  t.ok(turnedAway.filter(({ status }) => status === 503).length > 10, 'more often than one may guess');
  crowd.leave();
  await crowd.gone;
  t.equal((await signIn(world, 1)).status, 303, 'ten tries are still free');
});

t.test('strangers’ guesses fill the queue, and the owner signs in in their own browser', async (t) => {
  const world = await startLoopAuth(t, trusting);
  const browser = new Browser();
  await world.code(world.authorization(await world.register()), browser);
  const device = (await browser.cookiesFor(`${world.issuer}/account`)).replace(
    /.*(loop_device=[^;]+).*/,
    '$1',
  );
  const crowd = await fillQueue(t, world);
  const from = { 'X-Forwarded-For': '198.18.0.1' };
  const inOwn = (): Promise<Answer> =>
    world.post('/account/sign-in', { ...ann }, { ...from, Cookie: device });
  const [elsewhere, own, others] = await Promise.all([
    signIn(world, 2),
    inOwn(),
    world.post(
      '/account/sign-in',
      { username: 'somebody', password: 'x' },
      { 'X-Forwarded-For': '198.18.0.3', Cookie: device },
    ),
  ]);
  t.equal(elsewhere.status, 503, 'in any other browser one has to come back');
  t.equal(own.status, 303);
  t.equal(others.status, 503, 'for another account it is any browser');
  crowd.leave();
  await crowd.gone;
});

t.test('whoever closes the connection leaves the queue', async (t) => {
  const world = await startLoopAuth(t, trusting);
  const crowd = await fillQueue(t, world);
  t.equal((await signIn(world, 1)).status, 503);
  crowd.leave();
  await crowd.gone;
  // Sixteen waited; had they stayed, there would be room for one or two.
  const others = await Promise.all(Array.from({ length: 12 }, (_, n) => signIn(world, 100 + n)));
  t.same(others.filter(({ status }) => status === 503).length, 0, 'their places are free at once');
  t.same(failures(world), []);
});

/** The most characters that were brought into a Unicode form while `work` ran, which takes the square of them. */
async function longestNormalized(t: Test, work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  const { normalize } = String.prototype;
  const restore = (): void => {
    String.prototype.normalize = normalize;
  };
  t.teardown(restore);
  String.prototype.normalize = function watched(this: string, form?: string): string {
    longest = Math.max(longest, this.length);
    return normalize.call(this, form);
  };
  await work();
  restore();
  return longest;
}

t.test('however much is typed, no more of it is compared than a name or password can have', async (t) => {
  const world = await startLoopAuth(t, trusting);
  // Marks of two kinds in turns, which have to be sorted: nothing takes a normalizer longer.
  const marks = '\u0301\u0316'.repeat(1900);
  const app = await world.register();
  const browser = new Browser();
  const page = await browser.visit(world.authorization(app).url);
  const cookies = await browser.cookiesFor(page.url);
  const fresh = await startLoopAuth(t, { withoutAccount: true });
  const setup = new URL(
    String((JSON.parse(fresh.lines.find((line) => line.includes('"setupUrl"')) ?? '{}') as Line).setupUrl),
  );
  for (const [username, password] of [
    [marks, 'x'],
    ['ann', marks],
    [marks, marks],
  ] as const) {
    const forms: Readonly<Record<string, () => Promise<{ status: number }>>> = {
      account: () => raw(world, '/account/sign-in', { username, password }),
      interaction: () => raw(world, page.url.pathname, { username, password }, cookies),
      setup: () => raw(fresh, setup.pathname + setup.search, { username, password }),
    };
    for (const [name, post] of Object.entries(forms)) {
      let status = 0;
      const longest = await longestNormalized(t, async () => {
        ({ status } = await post());
      });
      t.ok([401, 422].includes(status), `${name}: ${status}`);
      t.ok(longest <= 1024, `${name}: ${longest} characters`);
    }
  }
  t.equal((await signIn(world, 2, { ...ann, password: ann.password.padEnd(1100) })).status, 401);
  const long = { username: '각'.repeat(64), password: '곽'.repeat(100) };
  await addAccount(world.database, long);
  const apart = { username: long.username.normalize('NFD'), password: long.password.normalize('NFD') };
  t.equal((await signIn(world, 3, apart)).status, 303, 'the longest name, typed on another keyboard');
});

/** As few bytes as a form can have for its characters: 16 KB are all that is read. */
function raw(world: LoopAuth, path: string, fields: Record<string, string>, cookies = ''): Promise<Answer> {
  const body = Object.entries(fields)
    .map(([name, value]) => `${name}=${value.replace(/ /g, '+')}`)
    .join('&');
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded',
    'X-Forwarded-For': '198.18.2.1',
    Cookie: cookies,
  };
  return world.ask(path, { method: 'POST', body, headers });
}

interface Line {
  readonly setupUrl?: string;
}

interface Crowd {
  readonly leave: () => void;
  readonly gone: Promise<unknown>;
}

/** Connections that each have a sign-in in the queue; resolves once there is no place left. */
async function fillQueue(t: Test, world: LoopAuth): Promise<Crowd> {
  const { port } = new URL(world.origin);
  const sockets = Array.from({ length: 40 }, (_, n) => {
    const body = present({ username: `crowd ${n}`, password: 'x' }).toString();
    const head = [
      'POST /account/sign-in HTTP/1.1',
      'Host: localhost',
      `X-Forwarded-For: 198.18.1.${n}`,
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
    ];
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(`${head.join('\r\n')}\r\n\r\n${body}`),
    );
    socket.resume().on('error', () => {});
    return socket;
  });
  const leave = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  t.teardown(leave);
  while (!isQueueFull()) await delay(1);
  return { leave, gone: noticed(sockets) };
}

/** Resolves once the server has been told by all of them. */
async function noticed(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
  while (isQueueFull()) await delay(1);
  await delay(100);
}
