// loop-auth is killed with SIGKILL at random moments under load; whatever it handed out before must still work.
// KILLS says how often (npm run test:crash: 200).
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Pair } from '../../scripts/demo/pair.ts';
import { createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { type Connection, connectApp } from '../support/connected-pair.ts';
import { introspect, readApiSecret } from '../support/introspect.ts';
import { person } from '../support/person.ts';

const kills = Number(process.env['KILLS'] ?? 5);
const chains = 6;
const longestRoundMs = 400;

interface Chain {
  readonly connection: Connection;
  refreshToken: string;
  /** Handed out since the last kill. */
  accessTokens: string[];
}

t.test(
  `${kills} kills under load lose nothing that was handed out`,
  { timeout: 30 * 60 * 1000 },
  async (t) => {
    const pair = await Pair.create();
    t.teardown(() => pair.close());
    await pair.start('auth');
    await createFirstAccount(pair.setupUrl(), person);
    const secret = await readApiSecret(pair);
    const all: Chain[] = [];
    for (let index = 0; index < chains; index += 1) {
      const connection = await connectApp(pair);
      const { access_token: accessToken, refresh_token: refreshToken } = connection.tokens;
      all.push({ connection, refreshToken, accessTokens: [accessToken] });
    }
    const counts = { refreshes: 0, 'cut short': 0, registrations: 0, 'tokens checked': 0 };
    for (let kill = 0; kill < kills; kill += 1) {
      const over = new AbortController();
      const clients: string[] = [];
      const load = [
        ...all.map((chain) => refreshUntil(chain, over.signal, counts)),
        registerUntil(pair, over.signal, clients),
      ];
      await delay(randomInt(longestRoundMs));
      await pair.kill('auth');
      over.abort();
      await Promise.all(load);
      counts.registrations += clients.length;
      await pair.start('auth');
      await checkAll(all, clients);
    }
    t.comment(`${kills} kills: ${JSON.stringify(counts)}`);
    t.ok(counts.refreshes > kills, 'there was load');

    async function checkAll(checked: Chain[], clients: string[]): Promise<void> {
      for (const chain of checked) {
        for (const token of chain.accessTokens) {
          const { active } = await introspect(pair, secret, token);
          if (!active) t.fail('an access token that was handed out is not active');
          counts['tokens checked'] += 1;
        }
        const { status, tokens } = await chain.connection.refresh(chain.refreshToken);
        if (status !== 200)
          t.fail(`a refresh token that was handed out was refused: ${status} ${tokens.error}`);
        chain.refreshToken = tokens.refresh_token;
        chain.accessTokens = [tokens.access_token];
        counts['tokens checked'] += 1;
      }
      for (const client of clients) {
        const query = new URLSearchParams({ client_id: client, response_type: 'code' });
        const page = await (await fetch(`${pair.issuer}/auth?${query}`, { redirect: 'manual' })).text();
        if (page.includes('not known here')) t.fail('a client that was registered is gone');
      }
    }
  },
);

/** Refreshes again and again; an answer that the kill cut off leaves the token as it was, for the next try. */
async function refreshUntil(
  chain: Chain,
  signal: AbortSignal,
  counts: { refreshes: number; 'cut short': number },
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { status, tokens } = await chain.connection.refresh(chain.refreshToken);
      if (status !== 200) throw new Error(`refused with ${status}`);
      chain.refreshToken = tokens.refresh_token;
      chain.accessTokens.push(tokens.access_token);
      counts.refreshes += 1;
    } catch {
      counts['cut short'] += 1;
      return;
    }
  }
}

async function registerUntil(pair: Pair, signal: AbortSignal, clients: string[]): Promise<void> {
  // Slowly: registrations are limited per address.
  for (; !signal.aborted; await delay(2500, undefined, { signal }).catch(() => {})) {
    const answer = await fetch(`${pair.issuer}/reg`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ redirect_uris: ['https://app.example/callback'] }),
    })
      .then((response) => (response.status === 201 ? response.json() : undefined))
      .catch(() => undefined);
    const { client_id: id } = (answer ?? {}) as { client_id?: string };
    if (id) clients.push(id);
  }
}
