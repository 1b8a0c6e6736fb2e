// MCP servers that stay connected and are used again, each for one request at a time: making one anew, connecting and
// closing it costs more than most calls.
import {
  type AuthInfo,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type MessageClassification,
  PerRequestHTTPServerTransport,
  type Server,
} from '@modelcontextprotocol/server';

/** More are made when more requests come at once, and closed after. */
const MAX_IDLE = 64;

export interface ServerPool {
  /** The server's answer, a result or an error; undefined where it was refused before anything ran. */
  answer(request: JSONRPCRequest, authInfo: AuthInfo): Promise<JSONRPCMessage | undefined>;
  close(): Promise<void>;
}

export interface ServerPoolOptions {
  createServer(): Server;
  onerror(error: Error): void;
  /** What all its requests are. */
  classification: MessageClassification;
}

/** For requests that leave nothing behind in a server: `initialize` does. */
export function createServerPool({ createServer, onerror, classification }: ServerPoolOptions): ServerPool {
  const idle: Exchange[] = [];

  async function connect(): Promise<Exchange> {
    const server = createServer();
    server.onerror = onerror;
    const exchange = new Exchange(classification);
    await server.connect(exchange);
    return exchange;
  }

  return {
    answer: async (request, authInfo) => {
      const exchange = idle.pop() ?? (await connect());
      const answer = await exchange.answer(request, authInfo);
      if (idle.length < MAX_IDLE) idle.push(exchange);
      else await exchange.close();
      return answer;
    },
    close: async () => {
      await Promise.all(idle.splice(0).map((exchange) => exchange.close()));
    },
  };
}

/**
 * A transport without a wire: hands over one request and waits for what is sent. It is one of the SDK's for HTTP, since
 * connecting to such a one is what makes a server speak revision 2026-07-28; of its own exchange, with Request and Response,
 * it uses nothing.
 */
class Exchange extends PerRequestHTTPServerTransport {
  readonly #classification: MessageClassification;
  #settle: ((answer: JSONRPCMessage | undefined) => void) | undefined;
  /** Handlers run later: what is sent now is the SDK's refusal, which in revision 2026-07-28 has an HTTP status of its own. */
  #isRefusal = false;

  constructor(classification: MessageClassification) {
    super({ classification });
    this.#classification = classification;
  }

  answer(request: JSONRPCRequest, authInfo: AuthInfo): Promise<JSONRPCMessage | undefined> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#isRefusal = this.#classification.era === 'modern';
      this.onmessage?.(request, { authInfo, classification: this.#classification });
      this.#isRefusal = false;
    });
  }

  override send(message: JSONRPCMessage): Promise<void> {
    // a notification has no place in an answer of one body
    if ('id' in message && !('method' in message)) {
      this.#settle?.(this.#isRefusal ? undefined : message);
      // it would keep the answer for as long as nobody asks again
      this.#settle = undefined;
    }
    return Promise.resolve();
  }
}
