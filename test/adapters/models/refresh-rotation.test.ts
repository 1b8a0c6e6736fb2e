// The rule by which a refresh token is exchanged, case by case.
import t from 'tap';
import {
  createSalt,
  decideExchange,
  type Generation,
  successorOf,
} from '../../../adapters/models/refresh-rotation.ts';

const now = 1_800_000_000;
const grace = 60;
const unused: Generation = { usedAt: null, replacedAt: null, salt: 'salt' };
const usedAgo = (seconds: number): Generation => ({ ...unused, usedAt: now - seconds });

const cases: Array<{ sentence: string; presented: Generation; successorUnused: boolean; kind: string }> = [
  { sentence: '(a) never used: it is rotated', presented: unused, successorUnused: false, kind: 'rotate' },
  {
    sentence: '(b) used just now: the same successor',
    presented: usedAgo(0),
    successorUnused: true,
    kind: 'repeat',
  },
  {
    sentence: '(b) used the whole grace ago: the same successor, even a used one',
    presented: usedAgo(grace),
    successorUnused: false,
    kind: 'repeat',
  },
  {
    sentence: '(c) used longer ago, successor never used: a new one',
    presented: usedAgo(grace + 1),
    successorUnused: true,
    kind: 'reissue',
  },
  {
    sentence: '(d) used longer ago, successor used: revoked',
    presented: usedAgo(grace + 1),
    successorUnused: false,
    kind: 'revoke',
  },
  {
    sentence: '(d) replaced, though never used: revoked',
    presented: { ...unused, replacedAt: now },
    successorUnused: true,
    kind: 'revoke',
  },
  {
    sentence: '(d) replaced, within the grace of its use: revoked',
    presented: { ...usedAgo(1), replacedAt: now },
    successorUnused: true,
    kind: 'revoke',
  },
  {
    sentence: 'salt erased: revoked',
    presented: { ...usedAgo(grace + 1), salt: null },
    successorUnused: true,
    kind: 'revoke',
  },
];

t.test('each state of a presented token has one answer', async (t) => {
  for (const { sentence, presented, successorUnused, kind } of cases) {
    const exchange = await decideExchange(presented, now, grace, async () => successorUnused);
    t.equal(exchange.kind, kind, sentence);
  }
});

t.test('no grace at all still repeats within the same second', async (t) => {
  t.equal((await decideExchange(usedAgo(0), now, 0, async () => true)).kind, 'repeat');
  t.equal((await decideExchange(usedAgo(1), now, 0, async () => true)).kind, 'reissue');
});

t.test('the successor is looked at only where the rule depends on it', async (t) => {
  const never = async (): Promise<boolean> => t.fail('asked for the successor');
  for (const presented of [unused, usedAgo(grace), { ...unused, replacedAt: now }]) {
    await decideExchange(presented, now, grace, never);
  }
});

t.test('a lost answer gets a new salt, the lost one is named', async (t) => {
  const exchange = await decideExchange(usedAgo(3600), now, grace, async (salt) => salt === 'salt');
  t.match(exchange, { kind: 'reissue', lostSalt: 'salt' });
  t.not(exchange.kind === 'reissue' && exchange.salt, 'salt');
});

t.test('a successor follows from the token and the salt alone, and looks like any token', async (t) => {
  t.equal(successorOf('token', 'salt'), successorOf('token', 'salt'));
  t.not(successorOf('token', 'salt'), successorOf('token', 'another salt'));
  t.not(successorOf('token', 'salt'), successorOf('another token', 'salt'));
  t.match(successorOf('token', 'salt'), /^[\w-]{43}$/);
  t.match(createSalt(), /^[\w-]{22}$/);
  t.not(createSalt(), createSalt());
});
