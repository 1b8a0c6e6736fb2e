// A request's body, read while it can still be given back: whoever comes next finds it as if nobody had looked.
import type { IncomingMessage } from 'node:http';
import { type ParsedUrlQuery, parse } from 'node:querystring';
import type { ParameterizedContext } from 'koa';

const plainForm = /^application\/x-www-form-urlencoded(?:; ?charset=utf-8)?$/i;
// With these the library has more to look at.
const asksForMore = ['origin', 'dpop', 'oauth-client-attestation', 'oauth-client-attestation-pop'];

/** Whether `answer` answered the form that was sent. Otherwise it is as if nobody had looked. */
export async function answerPlainForm(
  { req }: ParameterizedContext,
  mostBytes: number,
  answer: (fields: ParsedUrlQuery) => Promise<boolean>,
): Promise<boolean> {
  const isPlain =
    plainForm.test(req.headers['content-type'] ?? '') &&
    asksForMore.every((name) => req.headers[name] === undefined);
  const body = isPlain ? await peekBody(req, mostBytes) : undefined;
  if (!body) return false;
  const isAnswered = await answer(parse(body.toString('utf8')));
  // Answered, the request is read to its end.
  if (isAnswered) req.read(0);
  else giveBack(req, body);
  return isAnswered;
}

/** What the library says with each answer at a route that programs ask, and what metrics call it. */
export function setHeaders(ctx: ParameterizedContext, route: string): void {
  ctx.state['route'] = route;
  ctx.vary('Origin');
  ctx.set({
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': 'WWW-Authenticate',
    'Cache-Control': 'no-store',
  });
}

/**
 * The body where it says that it has at most so many bytes. Undefined, with nothing taken, for one that is longer or does
 * not say; and where the connection ends before it is here, which whoever reads next finds out as well.
 */
async function peekBody(request: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
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
function giveBack(request: IncomingMessage, body: Buffer): void {
  if (request.readable) request.unshift(body);
}

async function somethingHappens(request: IncomingMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ['readable', 'close', 'error'];
  for (const event of events) request.once(event, resolve);
  await promise;
  for (const event of events) request.off(event, resolve);
}
