// What loop-auth handed out under load, and whether it still works after loop-auth has ended at once.
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Pair } from '../../scripts/demo/pair.ts';
import { type Connection, connectApp } from './connected-pair.ts';
import { introspect } from './introspect.ts';

interface Chain {
  readonly connection: Connection;
  refreshToken: string;
  /** Handed out since the last end. */
  accessTokens: string[];
}

export class HandedOut {
  readonly #pair: Pair;
  readonly #secret: string;
  readonly #chains: Chain[];
  #clients: string[] = [];
  readonly counts = { refreshes: 0, 'cut short': 0, registrations: 0, 'tokens checked': 0 };

  private constructor(pair: Pair, secret: string, chains: Chain[]) {
    this.#pair = pair;
    this.#secret = secret;
    this.#chains = chains;
  }

  /** Connects so many apps; loop-auth runs and has its account. */
  static async connect(pair: Pair, secret: string, count: number): Promise<HandedOut> {
    const chains: Chain[] = [];
    for (let index = 0; index < count; index += 1) {
      const connection = await connectApp(pair);
      const { access_token: accessToken, refresh_token: refreshToken } = connection.tokens;
      chains.push({ connection, refreshToken, accessTokens: [accessToken] });
    }
    return new HandedOut(pair, secret, chains);
  }

  /** All apps refresh again and again, others register, until the signal. `onAnswer` hears of each refresh. */
  async load(signal: AbortSignal, onAnswer: () => void = () => {}): Promise<void> {
    const refreshing = this.#chains.map((chain) => this.#refreshUntil(chain, signal, onAnswer));
    await Promise.all([...refreshing, this.#registerUntil(signal)]);
  }

  /** An answer that was cut off leaves the token as it was, for the next try. */
  async #refreshUntil(chain: Chain, signal: AbortSignal, onAnswer: () => void): Promise<void> {
    while (!signal.aborted) {
      try {
        const { status, tokens } = await chain.connection.refresh(chain.refreshToken);
        if (status !== 200) throw new Error(`refused with ${status}`);
        chain.refreshToken = tokens.refresh_token;
        chain.accessTokens.push(tokens.access_token);
        this.counts.refreshes += 1;
      } catch {
        this.counts['cut short'] += 1;
        return;
      }
      onAnswer();
    }
  }

  async #registerUntil(signal: AbortSignal): Promise<void> {
    // Slowly: registrations are limited per address.
    for (; !signal.aborted; await delay(2500, undefined, { signal }).catch(() => {})) {
      const answer = await fetch(`${this.#pair.issuer}/reg`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ redirect_uris: ['https://app.example/callback'] }),
      })
        .then((response) => (response.status === 201 ? response.json() : undefined))
        .catch(() => undefined);
      const { client_id: id } = (answer ?? {}) as { client_id?: string };
      if (id) this.#clients.push(id);
    }
  }

  /** Fails the test for all that was handed out since the last check and is not there; loop-auth runs again. */
  async check(t: Test): Promise<void> {
    for (const chain of this.#chains) await this.#checkChain(t, chain);
    for (const client of this.#clients) {
      const query = new URLSearchParams({ client_id: client, response_type: 'code' });
      const page = await (await fetch(`${this.#pair.issuer}/auth?${query}`, { redirect: 'manual' })).text();
      if (page.includes('not known here')) t.fail('a client that was registered is gone');
    }
    this.counts.registrations += this.#clients.length;
    this.#clients = [];
  }

  async #checkChain(t: Test, chain: Chain): Promise<void> {
    for (const token of chain.accessTokens) {
      const { active } = await introspect(this.#pair, this.#secret, token);
      if (!active) t.fail('an access token that was handed out is not active');
      this.counts['tokens checked'] += 1;
    }
    const { status, tokens } = await chain.connection.refresh(chain.refreshToken);
    if (status !== 200) t.fail(`a refresh token that was handed out was refused: ${status} ${tokens.error}`);
    chain.refreshToken = tokens.refresh_token;
    chain.accessTokens = [tokens.access_token];
    this.counts['tokens checked'] += 1;
  }
}
