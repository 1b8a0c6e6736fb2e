// A request's body, read while it can still be given back: whoever comes next finds it as if nobody had looked.
import type { IncomingMessage } from 'node:http';

/**
 * The body where it says that it has at most so many bytes. Undefined, with nothing taken, for one that is longer or does
 * not say; and where the connection ends before it is here, which whoever reads next finds out as well.
 */
export async function peekBody(request: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
  const length = Number(request.headers['content-length']);
  if (!(length > 0 && length <= mostBytes)) return undefined;
  // What came in one piece with the headers is here once the parser is done with that piece.
  await Promise.resolve();
  const chunks: Buffer[] = [];
  for (let missing = length; missing > 0; ) {
    const chunk = await nextChunk(request, missing);
    if (!chunk) return undefined;
    chunks.push(chunk);
    missing -= chunk.length;
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

async function nextChunk(request: IncomingMessage, mostBytes: number): Promise<Buffer | null> {
  while (request.readableLength === 0) {
    if (!request.readable) return null;
    await somethingHappens(request);
  }
  // Never more than there is: that would end the request, and nothing could be given back.
  return request.read(Math.min(request.readableLength, mostBytes)) as Buffer | null;
}

/** Puts back what `peekBody` took. */
export function giveBack(request: IncomingMessage, body: Buffer): void {
  if (request.readable) request.unshift(body);
}

async function somethingHappens(request: IncomingMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ['readable', 'close', 'error'];
  for (const event of events) request.once(event, resolve);
  await promise;
  for (const event of events) request.off(event, resolve);
}
