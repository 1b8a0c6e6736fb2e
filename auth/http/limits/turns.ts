// Requests for tokens that arrive together begin a few at a time, so that what is asked meanwhile is answered between them.

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
