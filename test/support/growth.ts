// How a time grows with its input: ratios of the processor's time, which say the same on a busy machine.

/** Shorter times are noise; what grows faster than its input passes them by far at the lengths that are tried. */
const noiseMs = 2;
/** The processor's time is counted in steps of up to 4 ms. */
const surelyMs = 40;
const mostTries = 6;

function wallMs(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

/** Of one run, as the mean of as many as it takes to tell. */
function processorMs(work: () => unknown): number {
  const before = process.threadCpuUsage();
  let runs = 0;
  let spentMs = 0;
  while (spentMs < surelyMs) {
    work();
    runs += 1;
    const { user, system } = process.threadCpuUsage(before);
    spentMs = (user + system) / 1000;
  }
  return spentMs / runs;
}

/**
 * How many times longer `work` takes with `length` characters than with a quarter of them: about 4 where it is linear, 16
 * where it is quadratic, 0 where it is too quick to tell. A ratio of 6 or more is measured well before it is believed, and
 * has to be that of a sixteenth to a quarter too.
 */
export function measureGrowth(
  work: (input: string) => unknown,
  make: (length: number) => string,
  length: number,
): number {
  const [long, short, shorter] = [make(length), make(length / 4), make(length / 16)];
  const slow = wallMs(() => work(long));
  if (slow < noiseMs) return 0;
  let growth = slow / wallMs(() => work(short));
  for (let attempt = 0; attempt < mostTries && growth >= 6; attempt += 1) {
    const slowMs = processorMs(() => work(long));
    const overall = Math.sqrt(slowMs / processorMs(() => work(shorter)));
    growth = Math.min(growth, overall, slowMs / processorMs(() => work(short)));
  }
  return growth;
}

/** `start`, then `unit` again and again, then `end`: `length` characters. */
export function repeat(unit: string, length: number, start = '', end = ''): string {
  const between = Math.max(0, length - start.length - end.length);
  return start + unit.repeat(Math.ceil(between / unit.length)).slice(0, between) + end;
}

/** `write(0)`, `write(1)` … , as many as make `length` characters. */
export function count(write: (number: number) => string, length: number): string {
  const parts: string[] = [];
  for (let number = 0, size = 0; size < length; number += 1) {
    const part = write(number);
    parts.push(part);
    size += part.length;
  }
  return parts.join('').slice(0, length);
}
