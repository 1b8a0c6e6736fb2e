// MCP servers that stay connected and are used again, each for one request at a time: making one anew, connecting and
// closing it costs more than most calls.
import type {
  AuthInfo,
  JSONRPCMessage,
  JSONRPCRequest,
  Server,
  Transport,
} from '@modelcontextprotocol/server';

/** More are made when more requests come at once, and closed after. */
const MAX_IDLE = 64;

export interface ServerPool {
  /** The server's answer, a result or an error. */
  answer(request: JSONRPCRequest, authInfo: AuthInfo): Promise<JSONRPCMessage>;
  close(): Promise<void>;
}

/** For requests that leave nothing behind in a server: `initialize` does. */
export function createServerPool(createServer: () => Server, onerror: (error: Error) => void): ServerPool {
  const idle: Exchange[] = [];

  async function connect(): Promise<Exchange> {
    const server = createServer();
    server.onerror = onerror;
    const exchange = new Exchange();
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

/** A transport without a wire: hands over one request and waits for what is sent. */
class Exchange implements Transport {
  // set by the server that is connected
  onmessage?: Transport['onmessage'];
  onclose?: Transport['onclose'];
  onerror?: Transport['onerror'];
  #settle: ((answer: JSONRPCMessage) => void) | undefined;

  answer(request: JSONRPCRequest, authInfo: AuthInfo): Promise<JSONRPCMessage> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.onmessage?.(request, { authInfo });
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    // a notification has no place in an answer of one body
    if ('id' in message && !('method' in message)) {
      this.#settle?.(message);
      // it would keep the answer for as long as nobody asks again
      this.#settle = undefined;
    }
    return Promise.resolve();
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.onclose?.();
    return Promise.resolve();
  }
}
