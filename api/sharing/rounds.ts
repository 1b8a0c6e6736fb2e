// Shares the event loop out among those who call. In each of its rounds Node serves all that is ready and takes one new connection:
// where hundreds always have a call ready, a round takes as long as all of theirs, and whoever connects waits for as many rounds
// as there are others who connect.
import { AsyncResource } from 'node:async_hooks';
import type { RequestListener } from 'node:http';
import type { RequestHandler } from 'express';

/** What of a round may be spent on calls as they come; a light one takes some 0.15 ms, a search some 1.5. */
const roundMs = 3;

/** Calls are begun in the order in which they came, so many in a round that it does not become long. */
export class Rounds {
  readonly #now: () => number;
  readonly #waiting: Array<() => void> = [];
  /** When no more calls are begun in this round; undefined while nobody calls. */
  #endsAt: number | undefined;

  /** `now` in milliseconds. */
  constructor(now = (): number => performance.now()) {
    this.#now = now;
  }

  take(begin: () => void): void {
    if (this.#endsAt === undefined) this.#beginRound();
    if (this.#waiting.length === 0 && this.#hasTime()) begin();
    // it goes on as what it is: its trace is kept by the context that it came in
    else this.#waiting.push(AsyncResource.bind(begin));
  }

  #hasTime(): boolean {
    return this.#now() < (this.#endsAt ?? 0);
  }

  #beginRound(): void {
    this.#endsAt = this.#now() + roundMs;
    setImmediate(this.#endRound);
  }

  readonly #endRound = (): void => {
    this.#endsAt = undefined;
    if (this.#waiting.length === 0) return;
    this.#beginRound();
    this.#beginNext();
  };

  readonly #beginNext = (): void => {
    this.#waiting.shift()?.();
    // behind all that the call does without waiting for anything, which is what its time is
    if (this.#waiting.length > 0) queueMicrotask(() => process.nextTick(this.#goOn));
  };

  readonly #goOn = (): void => {
    if (this.#hasTime()) this.#beginNext();
  };
}

/** Of all that this process serves: it has one loop. */
const rounds = new Rounds();

/** For after the body, which may come in a round of its own, and before what takes time. */
export const inRound: RequestHandler = (_req, res, next) => {
  rounds.take(() => {
    // gone meanwhile
    if (!res.closed) next();
  });
};

/** What leaves when this round is over. */
const leaving: Array<() => void> = [];

/**
 * For answers: those of a round leave together, so that whoever reads them is woken once for all. Waking a process that sleeps
 * takes a third of a light call (docs/decisions/rounds.md).
 */
export function leaveTogether(send: () => void): void {
  if (leaving.length === 0) setImmediate(sendAll);
  leaving.push(send);
}

function sendAll(): void {
  for (const send of leaving.splice(0)) send();
}

/** For all who ask, since what is refused takes its time as well, and anybody may ask for that. */
export function inRounds(listener: RequestListener): RequestListener {
  return (req, res) =>
    rounds.take(() => {
      if (!res.closed) listener(req, res);
    });
}
