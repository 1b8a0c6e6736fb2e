// An MCP client that calls tools while things go wrong around it, and the count of what it met; for the soak and the drill.
import { setTimeout as delay } from 'node:timers/promises';
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { connectOnce } from '../demo/connect-once.ts';
import { MemoryOAuthClient } from '../demo/oauth-client.ts';
import { searchOnly, type Work } from './work.ts';

export interface Count {
  readonly calls: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly unauthorized: number;
  readonly reauthorizations: number;
  readonly refreshes: number;
  /** Refreshes that got no answer: after one the SDK asks for a sign-in, though its tokens are as good as before. */
  readonly unanswered: number;
}

export class CallingClient {
  readonly #oauth: MemoryOAuthClient;
  readonly #resource: URL;
  readonly #work: Work;
  readonly #kinds = new Map<string, number>();
  #calls = 0;
  #unauthorized = 0;
  #unanswered = 0;
  #expectsUnauthorized = true;
  #answeredAt = 0;
  #longestGapMs = 0;

  /** `work` is what each call does; a search where nothing else is said. */
  constructor(name: string, resource: string, work: Work = searchOnly) {
    this.#oauth = new MemoryOAuthClient(name);
    this.#resource = new URL(resource);
    this.#work = work;
  }

  /** Registers, has a person sign in and allow it (`allow` gives where the browser was sent then), and calls a tool. */
  async connect(allow: (authorizationUrl: URL) => Promise<URL>): Promise<void> {
    await connectOnce(this.#createTransport(), this.#oauth, allow);
    this.#expectsUnauthorized = false;
    await this.call();
    if (this.#kinds.size > 0) throw new Error(`the first call failed: ${JSON.stringify(this.takeCount())}`);
  }

  /** One call by a client that has only its tokens, as after a restart of its own. */
  async call(): Promise<void> {
    this.#calls += 1;
    const client = createClient();
    try {
      await client.connect(this.#createTransport());
      await this.#doWork(client);
    } catch (error) {
      this.#count(error);
    } finally {
      await client.close().catch(() => undefined);
    }
  }

  /** So many clients at once, each reading one of these notes. */
  async readAtOnce(ids: readonly string[], clients: number): Promise<void> {
    const read = async (id: string): Promise<void> => {
      this.#calls += 1;
      const client = createClient();
      try {
        await client.connect(this.#createTransport());
        const result = await client.callTool({ name: 'fetch', arguments: { id } }, { timeout: 120_000 });
        if (result.isError) throw new Error(`tool error ${JSON.stringify(result.content)}`);
      } catch (error) {
        this.#count(error);
      } finally {
        await client.close().catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, number) => read(ids[number % ids.length] ?? '')));
  }

  /** One call over the older transport, HTTP+SSE. */
  async callOverStream(): Promise<void> {
    this.#calls += 1;
    const client = new Client({ name: 'drill', version: '1.0.0' });
    try {
      const address = new URL(this.#resource.href.replace(/mcp$/, 'sse'));
      await client.connect(new SSEClientTransport(address, { authProvider: this.#oauth }));
      await this.#doWork(client);
    } catch (error) {
      this.#count(error);
    } finally {
      await client.close().catch(() => undefined);
    }
  }

  /** Calls until told to stop, with a pause in between: from one client that stays connected, and from ones that come and go. */
  async callUntil(signal: AbortSignal, pauseMs = 30): Promise<void> {
    const staying = await this.#connectOnce(signal, pauseMs);
    const callAgain = async (): Promise<void> => {
      while (!signal.aborted) {
        this.#calls += 1;
        await this.#doWork(staying).catch((error) => this.#count(error));
        await delay(pauseMs);
      }
    };
    const comeAndGo = async (): Promise<void> => {
      while (!signal.aborted) {
        await this.call();
        await delay(pauseMs);
      }
    };
    await Promise.all([callAgain(), comeAndGo(), comeAndGo()]);
    await staying.close().catch(() => undefined);
  }

  /** The access token is gone: the next call refreshes. */
  async refresh(): Promise<void> {
    this.#oauth.forgetAccessToken();
    this.#expectsUnauthorized = true;
    await this.call();
    // Calls that go on beside this one meet the same 401.
    await delay(1000);
    this.#expectsUnauthorized = false;
  }

  /** The longest time between two answered calls since this was asked last. */
  longestGapSeconds(): number {
    const seconds = this.#longestGapMs / 1000;
    this.#longestGapMs = 0;
    return seconds;
  }

  /** What was met since this was asked last. */
  takeCount(): Count {
    const count = {
      calls: this.#calls,
      failures: Object.fromEntries(this.#kinds),
      unauthorized: this.#unauthorized,
      reauthorizations: this.#oauth.signIns - 1,
      refreshes: this.#oauth.refreshes,
      unanswered: this.#unanswered,
    };
    this.#calls = 0;
    this.#kinds.clear();
    this.#unauthorized = 0;
    this.#unanswered = 0;
    this.#oauth.signIns = 1;
    this.#oauth.refreshes = 0;
    return count;
  }

  /** Tries until it is connected. */
  async #connectOnce(signal: AbortSignal, pauseMs: number): Promise<Client> {
    const client = createClient();
    while (!signal.aborted) {
      try {
        await client.connect(this.#createTransport());
        break;
      } catch (error) {
        this.#count(error);
        await delay(pauseMs);
      }
    }
    return client;
  }

  async #doWork(client: Client): Promise<void> {
    await this.#work(client, this.#calls);
    const now = performance.now();
    this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#answeredAt);
    this.#answeredAt = now;
  }

  #createTransport(): StreamableHTTPClientTransport {
    return new StreamableHTTPClientTransport(this.#resource, {
      authProvider: this.#oauth,
      fetch: async (url, init) => {
        const response = isRefresh(init) ? await this.#refreshBy(url, init) : await fetch(url, init);
        if (response.status === 401 && !this.#expectsUnauthorized) this.#unauthorized += 1;
        return response;
      },
    });
  }

  async #refreshBy(url: URL | string, init: RequestInit | undefined): Promise<Response> {
    try {
      const response = await fetch(url, init);
      // An answer that is cut off in the middle is none.
      const { status, headers } = response;
      return new Response(await response.text(), { status, headers });
    } catch (error) {
      this.#unanswered += 1;
      throw error;
    }
  }

  #count(error: unknown): void {
    const kind = kindOf(error);
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
  }
}

function isRefresh(init: RequestInit | undefined): boolean {
  return init?.body instanceof URLSearchParams && init.body.get('grant_type') === 'refresh_token';
}

function createClient(): Client {
  return new Client({ name: 'loop', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
}

const connectionKinds: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused connection',
  ECONNRESET: 'cut connection',
  UND_ERR_SOCKET: 'cut connection',
};

// The SDK wraps what happened: the innermost known code or status says it.
function kindOf(error: unknown): string {
  const { status, code, cause, data } = error as {
    status?: number;
    code?: unknown;
    cause?: unknown;
    data?: { cause?: unknown; status?: number };
  };
  const connection = connectionKinds[String(code)];
  if (connection) return connection;
  const inner = cause ?? data?.cause;
  if (inner instanceof Error) return kindOf(inner);
  const known = status ?? data?.status;
  return known ? `HTTP ${known}` : `${code ?? ''} ${(error as Error).message}`.trim().slice(0, 200);
}
