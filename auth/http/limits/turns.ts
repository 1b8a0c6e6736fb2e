// Requests that arrive together begin a few at a time, so that what is asked meanwhile is answered between them.
import type { RequestListener } from 'node:http';

/** Of some half a millisecond each. */
const requestsARound = 4;

/**
 * Resolves at once for so many in one round of the event loop; the others wait for the rounds after it, in their order. A round
 * takes in whatever has arrived, which only goes on if the rounds are short: each of these requests is a millisecond of work.
 */
export function createTurns(aRound: number): () => Promise<void> {
  const waiting: Array<() => void> = [];
  let begun = 0;
  const nextRound = (): void => {
    const next = waiting.splice(0, aRound);
    begun = next.length;
    if (begun > 0) setImmediate(nextRound);
    for (const begin of next) begin();
  };
  return async () => {
    if (begun === 0) setImmediate(nextRound);
    if (begun < aRound) {
      begun += 1;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
}

/**
 * For all who ask. In each round of its event loop Node takes one new connection: where hundreds always have a request ready, whoever
 * connects would wait for a turn of them all, for each of those who connect beside (docs/decisions/rounds.md).
 */
export function inRounds(listener: RequestListener): RequestListener {
  const turn = createTurns(requestsARound);
  return async (request, response) => {
    await turn();
    // Gone meanwhile.
    if (!response.closed) listener(request, response);
  };
}
