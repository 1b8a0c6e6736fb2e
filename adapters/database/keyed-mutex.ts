// Locks by name inside one process: who asks first goes first.

/** Returns a function that waits for the lock of a name and resolves to its release. */
export function createKeyedMutex(): (name: string) => Promise<() => void> {
  const tails = new Map<string, Promise<void>>();
  return async (name) => {
    const before = tails.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    tails.set(name, promise);
    await before;
    return () => {
      if (tails.get(name) === promise) tails.delete(name);
      resolve();
    };
  };
}
