// Reads PDFs in a program of their own, one after the other: no file can hold up, or end, the process that asks.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PdfAnswer, PdfOrder } from './answers.ts';

const longestReadingMs = 20_000;
/** Times as long as is ordered, and more than the program gives itself: for one that can't keep its own time. */
const patience = 11;

const program = fileURLToPath(new URL('./program.ts', import.meta.url));
/** Nothing of ours is inherited: secrets are none of its matter, and neither are this process's limits. */
const environment = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};
const execArgv = ['--max-old-space-size=64', '--max-semi-space-size=2', '--expose-gc', '--no-warnings'];

const ended: PdfAnswer = { kind: 'failed', why: 'ended' };

export class PdfReader {
  readonly #longestMs: number;
  #child: ChildProcess | undefined;

  /** `longestMs` is for one file (answers.ts). Whoever makes a reader ends it. */
  constructor(longestMs = longestReadingMs) {
    this.#longestMs = longestMs;
  }

  /** One at a time. Never rejects. */
  async read(file: Pick<PdfOrder, 'root' | 'path'>): Promise<PdfAnswer> {
    const order = { ...file, longestMs: this.#longestMs };
    const isFresh = this.#child === undefined;
    const answer = await this.#ask(order);
    const isOurFault = answer.kind === 'failed' && (answer.why === 'memory' || answer.why === 'ended');
    // What was read before may have left too little memory.
    return isOurFault && !isFresh ? this.#ask(order) : answer;
  }

  /** Ends the program at once; the next file starts it again. */
  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #ask(order: PdfOrder): Promise<PdfAnswer> {
    const child = this.#start();
    if (child === undefined) {
      return Promise.resolve(ended);
    }
    return new Promise((resolve) => {
      const settle = (answer: PdfAnswer): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        // What may still come of a program that is given up is of no interest.
        child.on('error', () => undefined);
        const isLost = answer.kind === 'failed' && ['memory', 'time', 'ended'].includes(answer.why);
        if (isLost && this.#child === child) {
          this.end();
        }
        resolve(answer);
      };
      const late = { kind: 'failed', why: 'time' } satisfies PdfAnswer;
      const timer = setTimeout(settle, patience * order.longestMs, late);
      child.once('message', (answer: PdfAnswer) => settle(answer));
      child.once('exit', () => settle(ended));
      child.once('error', () => settle(ended));
      child.send(order, (error) => {
        if (error !== null) {
          settle(ended);
        }
      });
    });
  }

  // Undefined where the machine has no room for another process.
  #start(): ChildProcess | undefined {
    try {
      this.#child ??= fork(program, {
        env: environment,
        execArgv,
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
    } catch {
      // as with one that ends at once
    }
    return this.#child;
  }
}
