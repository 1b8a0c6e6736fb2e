// Which calls are running, so that stopping can wait for them.
import type { Response } from 'express';

export class RunningCalls {
  readonly #running = new Set<Response>();
  #settled: (() => void) | undefined;

  add(res: Response): void {
    this.#running.add(res);
    res.once('close', () => this.release(res));
  }

  /** Stops counting a call before its end: a stream that its client holds open. */
  release(res: Response): void {
    this.#running.delete(res);
    if (this.#running.size === 0) this.#settled?.();
  }

  /** Resolves when none is running. */
  async settle(): Promise<void> {
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#settled = resolve;
    });
  }
}
