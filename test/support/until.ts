// Waiting for what happens by itself, with a word on what for when it does not.
import { setTimeout } from 'node:timers/promises';

export async function until(
  condition: () => boolean | Promise<boolean>,
  whatFor: string,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${whatFor}`);
    await setTimeout(10);
  }
}
