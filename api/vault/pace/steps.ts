// Work in steps, so that who has to answer others too can let them come in between; whoever has a thread for it takes all at once.
import { setImmediate } from 'node:timers/promises';
import { TimeLimit } from './time-limit.ts';

/** Pauses where others may come in between, and ends with what comes of it. */
export type Steps<Result> = Generator<void, Result>;

/** For how long others wait at most, if no step takes longer by itself. */
const sliceMs = 10;
/** Characters of a text between two pauses: a few tenths of a millisecond. */
const stride = 4096;

/** Says of places in a text, gone through from its beginning, where to pause. */
export class Pauses {
  #next = stride;

  isDue(at: number): boolean {
    if (at < this.#next) {
      return false;
    }
    this.#next = at + stride;
    return true;
  }
}

export function takeAtOnce<Result>(steps: Steps<Result>): Result {
  let step = steps.next();
  while (!step.done) {
    step = steps.next();
  }
  return step.value;
}

/** Goes on for one slice; the result, where it comes to it. */
export function takeSlice<Result>(steps: Steps<Result>): { value: Result } | undefined {
  const until = performance.now() + sliceMs;
  let step = steps.next();
  while (!step.done && performance.now() < until) {
    step = steps.next();
  }
  return step.done ? { value: step.value } : undefined;
}

/** Slice by slice, with everybody else's turn between two of them. */
export async function takeInSlices<Result>(steps: Steps<Result>): Promise<Result> {
  for (;;) {
    const taken = takeSlice(steps);
    if (taken !== undefined) {
      return taken.value;
    }
    await setImmediate();
  }
}

/** The same with an end: undefined where it computes for longer than `limitMs`, in one step or in all. */
export async function computeInSlices<Result>(
  limitMs: number,
  steps: Steps<Result>,
): Promise<Result | undefined> {
  const limit = new TimeLimit(limitMs);
  while (!limit.isOver) {
    const taken = limit.attempt(() => ({ slice: takeSlice(steps) }));
    if (taken === undefined) {
      return undefined;
    }
    if (taken.slice !== undefined) {
      return taken.slice.value;
    }
    await setImmediate();
  }
  return undefined;
}
