// loop-auth is killed with SIGKILL at random moments under load; whatever it handed out before must still work.
// KILLS says how often (npm run test:crash: 200).
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Pair } from '../../scripts/demo/pair.ts';
import { createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { HandedOut } from '../support/handed-out.ts';
import { readApiSecret } from '../support/introspect.ts';
import { person } from '../support/person.ts';

const kills = Number(process.env['KILLS'] ?? 5);
const chains = 6;
const longestRoundMs = 400;

t.test(
  `${kills} kills under load lose nothing that was handed out`,
  { timeout: 30 * 60 * 1000 },
  async (t) => {
    const pair = await Pair.create();
    t.teardown(() => pair.close());
    await pair.start('auth');
    await createFirstAccount(pair.setupUrl(), person);
    const handedOut = await HandedOut.connect(pair, await readApiSecret(pair), chains);
    for (let kill = 0; kill < kills; kill += 1) {
      const over = new AbortController();
      const load = handedOut.load(over.signal);
      await delay(randomInt(longestRoundMs));
      await pair.kill('auth');
      over.abort();
      await load;
      await pair.start('auth');
      await handedOut.check(t);
    }
    t.comment(`${kills} kills: ${JSON.stringify(handedOut.counts)}`);
    t.ok(handedOut.counts.refreshes > kills, 'there was load');
  },
);
