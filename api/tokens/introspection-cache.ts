// Keeps introspection answers briefly, and active ones a while longer when loop-auth can't be reached. Knows no HTTP.
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ActiveToken, Introspection } from './introspection.ts';
import { AuthorizationServerUnreachable } from './introspection-errors.ts';

export interface IntrospectionCacheOptions {
  /** Throws AuthorizationServerUnreachable when stale answers may be used. */
  introspect(token: string): Promise<Introspection>;
  cacheSeconds: number;
  staleSeconds: number;
  onEvent?(event: 'hit' | 'miss' | 'joined' | 'stale'): void;
  /** Called when an outage begins and when it ends. */
  onReachable?(reachable: boolean, cause?: Error): void;
}

interface KnownActive {
  token: ActiveToken;
  /** Epoch milliseconds of the last active answer. */
  answeredAt: number;
}

const INACTIVE: Introspection = { active: false };
const PROBE_INTERVAL_MS = 1_000;
// An unknown token may become known at any moment (loop-auth may just have issued it), so its answer is kept only briefly.
const INACTIVE_MAX_SECONDS = 5;
// Two maps, so that a flood of junk tokens can't push out those of people at work.
const ACTIVE_ENTRIES = 10_000;
const INACTIVE_ENTRIES = 10_000;

export class IntrospectionCache {
  readonly #options: IntrospectionCacheOptions;
  readonly #active = new LRUCache<string, KnownActive>({ max: ACTIVE_ENTRIES });
  /** When each was called inactive, in epoch milliseconds. */
  readonly #inactive = new LRUCache<string, number>({ max: INACTIVE_ENTRIES });
  readonly #inFlight = new Map<string, Promise<Introspection>>();
  #outage = false;
  #probing = false;
  #probedAt = 0;

  constructor(options: IntrospectionCacheOptions) {
    this.#options = options;
  }

  /**
   * What is known comes at once, without a promise. Rejects with what the option `introspect` throws when there is no
   * answer to fall back on.
   */
  introspect(token: string): Introspection | Promise<Introspection> {
    // a heap dump or core file must not hold tokens
    const key = hash('sha256', token, 'base64');
    const fresh = this.#findFresh(key);
    if (fresh) return this.#count('hit', fresh);
    const stale = this.#outage ? this.#findStale(key) : undefined;
    if (!stale) return this.#askOrFallBack(key, token);
    this.#probe(key, token);
    return this.#count('stale', stale);
  }

  #findFresh(key: string): Introspection | undefined {
    const now = Date.now();
    const cacheMs = this.#options.cacheSeconds * 1_000;
    const known = this.#active.get(key);
    if (known && hasExpired(known.token, now)) return { active: false, formerly: known.token };
    if (known) return now - known.answeredAt < cacheMs ? known.token : undefined;
    const inactiveSince = this.#inactive.get(key) ?? Number.NEGATIVE_INFINITY;
    return now - inactiveSince < Math.min(cacheMs, INACTIVE_MAX_SECONDS * 1_000) ? INACTIVE : undefined;
  }

  #findStale(key: string): Introspection | undefined {
    const now = Date.now();
    const known = this.#active.get(key);
    if (!known || now - known.answeredAt >= this.#options.staleSeconds * 1_000) return undefined;
    return hasExpired(known.token, now) ? { active: false, formerly: known.token } : known.token;
  }

  async #askOrFallBack(key: string, token: string): Promise<Introspection> {
    try {
      return await this.#askOnce(key, token);
    } catch (error) {
      const stale = error instanceof AuthorizationServerUnreachable ? this.#findStale(key) : undefined;
      if (!stale) throw error;
      return this.#count('stale', stale);
    }
  }

  // However many callers wait for the same token, loop-auth is asked once.
  #askOnce(key: string, token: string): Promise<Introspection> {
    let asking = this.#inFlight.get(key);
    this.#options.onEvent?.(asking === undefined ? 'miss' : 'joined');
    if (asking === undefined) {
      asking = this.#ask(key, token).finally(() => this.#inFlight.delete(key));
      this.#inFlight.set(key, asking);
    }
    return asking;
  }

  async #ask(key: string, token: string): Promise<Introspection> {
    try {
      const answer = await this.#options.introspect(token);
      this.#noteReachable(true);
      return this.#remember(key, answer);
    } catch (error) {
      const unreachable = error instanceof AuthorizationServerUnreachable;
      this.#noteReachable(!unreachable, unreachable ? error : undefined);
      throw error;
    }
  }

  #remember(key: string, answer: Introspection): Introspection {
    const formerly = this.#active.get(key)?.token;
    if (answer.active) {
      this.#inactive.delete(key);
      this.#active.set(key, { token: answer, answeredAt: Date.now() });
    } else {
      this.#active.delete(key);
      this.#inactive.set(key, Date.now());
    }
    return answer.active || formerly === undefined ? answer : { active: false, formerly };
  }

  #noteReachable(reachable: boolean, cause?: Error): void {
    if (this.#outage !== reachable) return;
    this.#outage = !reachable;
    this.#options.onReachable?.(reachable, cause);
  }

  // Nobody waits for it: the caller has a stale answer, and whoever comes after a good probe gets a new one.
  #probe(key: string, token: string): void {
    if (this.#probing || Date.now() - this.#probedAt < PROBE_INTERVAL_MS) return;
    this.#probing = true;
    this.#probedAt = Date.now();
    const done = (): void => {
      this.#probing = false;
    };
    this.#askOnce(key, token).then(done, done);
  }

  #count(event: 'hit' | 'stale', answer: Introspection): Introspection {
    this.#options.onEvent?.(event);
    return answer;
  }
}

function hasExpired(token: ActiveToken, now: number): boolean {
  return token.expiresAt !== undefined && token.expiresAt * 1_000 <= now;
}
