// How the provider is asked: as openid-client asks, but with a bound for what is read of an answer.
import type { CustomFetch } from 'openid-client';

// A key set or an ID token with hundreds of groups is a tenth of it.
const mostBytes = 512 * 1024;

/** The provider's answer is longer than any that is meant well. */
class AnswerTooLong extends Error {
  override readonly name = 'AnswerTooLong';
}

/** The signal that ends a request in time ends the reading as well. */
export const boundedFetch: CustomFetch = async (url, options) => {
  const response = await fetch(url, options as RequestInit);
  const body = await readBounded(response);
  const { status, statusText, headers } = response;
  const bounded = new Response(isBodyless(status) ? null : body, { status, statusText, headers });
  Object.defineProperty(bounded, 'url', { value: response.url });
  return bounded;
};

const isBodyless = (status: number): boolean => [204, 205, 304].includes(status);

async function readBounded(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    received += chunk.length;
    // Leaving the loop closes the connection.
    if (received > mostBytes) throw new AnswerTooLong(`the answer is longer than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
