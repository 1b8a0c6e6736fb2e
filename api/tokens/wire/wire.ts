// The wire to loop-auth: requests of our own over kept-alive connections, bounded in time by whoever asks and in bytes here.
// By node's own client: another one is a fifth of all modules that loop-api would load.
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';

interface Question {
  /** GET where nothing else is said. */
  readonly method?: 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends it, wherever it is. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Of a refusal (4xx, 5xx) that is longer than may be read: nothing. */
  readonly text: string;
}

export interface Wire {
  /** Rejects where there is no answer, where it is too long, and once the wire is closed. Follows no redirects. */
  ask(url: string, question: Question): Promise<Answer>;
  close(): void;
}

export interface WireOptions {
  /** At most to each origin; what is asked meanwhile waits. */
  readonly connections: number;
  readonly mostBytes: number;
}

/** For which a connection that nobody uses is kept. */
const idleMs = 10_000;

/** Holds connections until close. */
export function openWire({ connections, mostBytes }: WireOptions): Wire {
  const settings = { keepAlive: true, maxSockets: connections, timeout: idleMs };
  const plain = new http.Agent(settings);
  const secure = new https.Agent(settings);
  const closing = new AbortController();
  return {
    ask: async (url, { method = 'GET', headers, body, signal }) => {
      // Node would open a connection for a request that is over already.
      closing.signal.throwIfAborted();
      const isSecure = url.startsWith('https:');
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const request = (isSecure ? https : http).request(url, {
        method,
        headers,
        agent: isSecure ? secure : plain,
        signal: AbortSignal.any([signal, closing.signal]),
      });
      request.on('response', resolve).on('error', reject).end(body);
      const response = await promise;
      return { status: response.statusCode ?? 0, text: await read(response, mostBytes) };
    },
    close: () => {
      closing.abort(new Error('the wire is closed'));
      plain.destroy();
      secure.destroy();
    },
  };
}

async function read(response: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) {
      if ((response.statusCode ?? 0) >= 400) return '';
      throw new Error(`the answer is longer than ${mostBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
