// The program of mcp-load.ts: as many connections as there are to be, each with one call at a time and a socket of its own. It
// writes and reads the bytes itself: a client library takes as long for a call as the server, and then it is what is measured.
import { connect, type Socket } from 'node:net';
import type { Era, LoadOptions, LoadResult } from './mcp-load.ts';

/** One connection: nothing waits in it for another's call. */
class Lane {
  readonly #socket: Socket;
  #answer = '';
  #answered = Promise.withResolvers<string>();

  constructor(socket: Socket) {
    this.#socket = socket.setNoDelay().setEncoding('latin1');
    socket.on('data', (data: string) => this.#take(data));
    socket.on('error', (error) => this.#answered.reject(error));
    socket.on('close', () => this.#answered.reject(new Error('The connection was closed')));
  }

  static async open({ hostname, port }: URL): Promise<Lane> {
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Lane(socket);
  }

  call(request: Buffer): Promise<string> {
    this.#answer = '';
    this.#answered = Promise.withResolvers();
    this.#socket.write(request);
    return this.#answered.promise;
  }

  #take(data: string): void {
    this.#answer += data;
    if (isWhole(this.#answer)) this.#answered.resolve(this.#answer);
  }

  close(): void {
    this.#answered.promise.catch(() => undefined);
    this.#socket.destroy();
  }
}

// RFC 9112, section 6: a length, or pieces of which the last is empty. Neither server sends trailers.
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /^content-length: (\d+)\r$/im.exec(answer.slice(0, end + 1))?.[1];
  return length === undefined ? answer.endsWith('0\r\n\r\n') : answer.length >= end + 4 + Number(length);
}

const isGood = (answer: string): boolean =>
  answer.startsWith('HTTP/1.1 200 ') && answer.includes('structuredContent');

async function run({
  url,
  era,
  connections,
  accounts = 1,
  until,
  tool,
  inputs,
}: LoadOptions): Promise<LoadResult> {
  const address = new URL(url);
  const requests = Array.from({ length: accounts }, (_, account) =>
    inputs.map((input) => createRequest(address, describeCall(tool, input, era), `bench-${account}`)),
  );
  const lanes = await Promise.all(Array.from({ length: connections }, () => Lane.open(address)));
  const times: number[] = [];
  let begun = 0;
  let errors = 0;
  const startedAt = performance.now();
  const goesOn = (): boolean =>
    'calls' in until ? begun < until.calls : performance.now() < startedAt + until.seconds * 1000;
  const useLane = async (first: Lane, number: number): Promise<void> => {
    const own = requests[number % accounts] ?? [];
    let lane = first;
    while (goesOn()) {
      const request = own[begun % own.length] ?? Buffer.alloc(0);
      begun += 1;
      const calledAt = performance.now();
      const isAnswered = await lane.call(request).then(isGood, () => undefined);
      times.push(performance.now() - calledAt);
      if (!isAnswered) errors += 1;
      if (isAnswered === undefined) lane = await Lane.open(address);
    }
    lane.close();
  };
  await Promise.all(lanes.map(useLane));
  return { times, errors, perSecond: (times.length * 1000) / (performance.now() - startedAt) };
}

/** One call as a client of that revision sends it. */
function describeCall(
  tool: string,
  input: Record<string, unknown>,
  era: Era,
): { headers: Record<string, string>; body: string } {
  const isModern = era === '2026-07-28';
  const params = { name: tool, arguments: input, ...(isModern ? { _meta: meta } : {}) };
  return {
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': era,
      ...(isModern ? { 'mcp-method': 'tools/call', 'mcp-name': tool } : {}),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  };
}

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

function createRequest(
  { host, pathname }: URL,
  { headers, body }: ReturnType<typeof describeCall>,
  token: string,
): Buffer {
  const authorization = `Bearer ${token}`;
  const lines = Object.entries({
    host,
    authorization,
    ...headers,
    'content-length': Buffer.byteLength(body),
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`POST ${pathname} HTTP/1.1\r\n${head}\r\n${body}`);
}

process.on('message', (options: LoadOptions) => {
  run(options).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      throw error;
    },
  );
});
