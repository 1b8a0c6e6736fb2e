// One at a time for each key, in the order of asking; different keys don't wait for each other.

export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    // Whether the one before failed is not the next one's matter.
    const running = (this.#last.get(key) ?? Promise.resolve()).then(work, work);
    this.#last.set(key, running);
    try {
      return await running;
    } finally {
      if (this.#last.get(key) === running) {
        this.#last.delete(key);
      }
    }
  }
}
