// Computing with an end: what goes on for too long is cut off, whatever it is at in JavaScript or in a regular expression.
import { type Context, createContext, Script } from 'node:vm';

const script = new Script('work()');
let context: Context | undefined;

/** On a busy machine most of a second may be other programs': so much longer a second attempt may take at most. */
const mostPatience = 4;
/** Of the time that was allowed: who had less of the processor was not slow but kept waiting. */
const fairShare = 0.7;
/** Of what can't be attempted twice: on a busy machine it takes so many times as long. */
const mostDelay = 2;

/**
 * What `work` returns; undefined where it computes for longer. It may be cut off anywhere and be begun once more, so it may
 * only compute. Costs a third of a millisecond, for a thread that keeps the time.
 */
export function computeWithin<Result>(timeoutMs: number, work: () => Result): Result | undefined {
  const before = cpuMs();
  const first = attempt(timeoutMs, work);
  const spentMs = cpuMs() - before;
  if (first !== undefined || spentMs > timeoutMs * fairShare) {
    return first?.result;
  }
  const patience = Math.min(mostPatience, (1.5 * timeoutMs) / Math.max(spentMs, 1));
  return attempt(Math.ceil(timeoutMs * patience), work)?.result;
}

/** Of a computation that goes on in several attempts, how long they take together. */
export class TimeLimit {
  #leftMs: number;

  constructor(timeoutMs: number) {
    this.#leftMs = timeoutMs;
  }

  get isOver(): boolean {
    return this.#leftMs <= 0;
  }

  /** What `work` returns; undefined where it is cut off: it can't be begun again. */
  attempt<Result>(work: () => Result): Result | undefined {
    const before = cpuMs();
    const done = attempt(Math.ceil(Math.max(this.#leftMs, 1) * mostDelay), work);
    this.#leftMs -= cpuMs() - before;
    return done?.result;
  }
}

// Of this thread alone.
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function attempt<Result>(timeoutMs: number, work: () => Result): { result: Result } | undefined {
  context ??= createContext({});
  context['work'] = work;
  try {
    return { result: script.runInContext(context, { timeout: timeoutMs }) as Result };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      return undefined;
    }
    throw error;
  } finally {
    context['work'] = undefined;
  }
}
