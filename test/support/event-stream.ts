// A client of the older HTTP+SSE transport with nothing of its own: opens the stream, reads its events, posts to it.
import type { Test } from 'tap';

interface StreamEvent {
  /** `comment` for a line that begins with a colon. */
  event: string;
  data: string;
}

export interface EventStream {
  headers: Headers;
  /** The next event, or undefined when the stream has ended. */
  next(): Promise<StreamEvent | undefined>;
  /** The next message, parsed. Throws where the stream ends first. */
  // biome-ignore lint/suspicious/noExplicitAny: what a message holds is what the test is about to find out
  message(): Promise<any>;
  /** The path that the stream named. */
  endpoint: string;
  post(body: unknown, options?: { token?: string; endpoint?: string }): Promise<Response>;
  abort(): void;
}

/** Opens /sse and reads its first event; the stream is closed when the test ends. Throws for another status than 200. */
export async function openEventStream(t: Test, url: string, token: string): Promise<EventStream> {
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  const response = await fetch(`${url}/sse`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
    signal: abort.signal,
  });
  if (response.status !== 200 || !response.body) throw new Error(`/sse answered ${response.status}`);
  const events = readEvents(response.body);
  const next = async (): Promise<StreamEvent | undefined> => (await events.next()).value;
  const first = await next();
  const endpoint = first?.event === 'endpoint' ? first.data : '';
  return {
    headers: response.headers,
    next,
    message: async () => {
      for (;;) {
        const event = await next();
        if (!event) throw new Error('the stream ended');
        if (event.event === 'message') return JSON.parse(event.data);
      }
    },
    endpoint,
    post: (body, options = {}) =>
      fetch(url + (options.endpoint ?? endpoint), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${options.token ?? token}`,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    abort: () => abort.abort(),
  };
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent, undefined> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) yield parseEvent(block);
    }
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
  }
  return undefined;
}

function parseEvent(block: string): StreamEvent {
  if (block.startsWith(':')) return { event: 'comment', data: block.slice(1).trim() };
  const field = (name: string): string | undefined =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  return { event: field('event') ?? 'message', data: field('data') ?? '' };
}
