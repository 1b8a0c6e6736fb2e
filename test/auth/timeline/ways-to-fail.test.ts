// Ways in which a connection fails, at loop-auth and at loop-api: each leaves one row, with one word why and a sentence for it.
import t from 'tap';
import { type ListedTry, TryStore } from '../../../adapters/stores/timeline/tries.ts';
import { diagnose } from '../../../auth/timeline/diagnosis.ts';
import en from '../../../pages/words/en.json' with { type: 'json' };
import { createWords } from '../../../pages/words.ts';
import { startClientHosts } from '../../support/client-hosts.ts';
import { shiftClock } from '../../support/clock.ts';
import { ann, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';
import { startPagesPair } from '../../support/pages-pair.ts';
import { hearSecrets } from '../../support/secrets-on-the-wire.ts';
import { until } from '../../support/until.ts';
import { waysOfLoopApi } from './ways/of-loop-api.ts';
import { waysOfLoopAuth } from './ways/of-loop-auth.ts';
import { waysOfTerminals } from './ways/of-terminals.ts';
import { codeShown, printWays } from './ways/way.ts';

const { text } = createWords({ language: 'en', zone: 'UTC' });
const sentences = new Map<string, string>();
const ofLoopAuth = [...waysOfLoopAuth, ...waysOfTerminals];

const triesOf = ({ database }: LoopAuth): Promise<ListedTry[]> => new TryStore(database).list(undefined);

/** All that is kept of tries, accounts and connections. */
async function keptRows({ database }: LoopAuth): Promise<string> {
  const tables = ['tries', 'account_events', 'ledger'];
  const rows = tables.map((table) => database.all({ sql: `select * from ${table}`, slots: [] }, {}));
  return JSON.stringify(await Promise.all(rows));
}

/** Apps that came besides. */
const others: Readonly<Record<string, number>> = {
  'a code of another app': 1,
  'too many registrations from one network': 29,
};

for (const way of ofLoopAuth) {
  const { sentence, by, settings = {}, fail, step, cause } = way;
  t.test(`${sentence}: ${cause}`, async (t) => {
    const clock = shiftClock(t);
    const secrets = hearSecrets(t);
    const hosts = await startClientHosts(t);
    const loop = await startLoopAuth(t, { settings, fetchJson: hosts.fetchJson });
    const code = codeShown(await fail({ loop, clock, hosts, who: by }));
    await loop.storeTries();
    const tries = await triesOf(loop);
    const now = Math.floor(Date.now() / 1000);
    const found = tries.find((one) => diagnose(one, now) === cause);
    t.ok(found, JSON.stringify(tries));
    t.ok(found?.steps[step], `${step}: ${JSON.stringify(found)}`);
    t.equal(tries.length, 1 + (others[sentence] ?? 0), 'one row, and those of another app');
    if (code !== undefined) t.match(await new TryStore(loop.database).listByCode(code), [{ id: found?.id }]);
    const kept = await keptRows(loop);
    for (const secret of [...secrets(), ann.password]) t.notOk(kept.includes(secret), `no ${secret}`);
    sentences.set(sentence, text(`causes.${cause}`));
  });
}

t.test('at loop-api, which runs, and tells of all of them in one batch', async (t) => {
  const clock = shiftClock(t);
  const secrets = hearSecrets(t);
  const proxied = { AUTH_TRUSTED_PROXIES: '127.0.0.1,::1' };
  const settings = { API_INTROSPECTION_CACHE_SECONDS: '0' };
  const pair = await startPagesPair(t, { settings, authSettings: proxied });
  const answers: unknown[] = [];
  for (const [at, way] of waysOfLoopApi.entries())
    answers.push(await way.fail({ pair, clock, address: addressOf(at) }));
  const told = async (): Promise<ListedTry[]> => {
    await pair.auth.storeTries();
    return triesOf(pair.auth);
  };
  const last = waysOfLoopApi.length - 1;
  const isLastTold = async () => (await told()).some((one) => one.network === addressOf(last) && one.cause);
  await until(isLastTold, 'the batch', 30_000);
  const tries = await told();
  // What never came is known after some minutes only.
  const now = Math.floor(Date.now() / 1000) + 400;
  for (const [at, { sentence, step, cause }] of waysOfLoopApi.entries()) {
    const own = tries.filter(({ network }) => network === addressOf(at));
    t.equal(own.length, 1, `${sentence}: one row`);
    t.equal(own[0] && diagnose(own[0], now), cause, `${sentence}: ${cause} of ${JSON.stringify(own)}`);
    t.ok(own[0]?.steps[step], `${sentence}: ${step}`);
    const code = codeShown(answers[at]);
    if (code !== undefined)
      t.match(await new TryStore(pair.auth.database).listByCode(code), [{ id: own[0]?.id }]);
    sentences.set(sentence, text(`causes.${cause}`));
  }
  const kept = await keptRows(pair.auth);
  t.ok(secrets().length > waysOfLoopApi.length, 'there was something to keep secret');
  for (const secret of [...secrets(), ann.password]) t.notOk(kept.includes(secret), `no ${secret}`);
});

/** Each comes from an address of its own, as behind a proxy. */
const addressOf = (at: number): string => `198.51.100.${at + 1}`;

t.test('the table: every cause that there is has a way, a row and one sentence', async (t) => {
  const ways = [...ofLoopAuth, ...waysOfLoopApi];
  for (const row of printWays(ways, sentences)) t.comment(row);
  t.ok(ways.length >= 30, String(ways.length));
  t.equal(sentences.size, ways.length);
  for (const sentence of sentences.values()) t.match(sentence, /^[A-Z].*\.$/);
  t.same([...new Set(ways.map(({ cause }) => cause))].sort(), Object.keys(en.causes).sort());
});
