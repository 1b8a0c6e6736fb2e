// How much memory and processor the program that reads PDFs (program.ts) has used, and how much memory it may.
import { readFileSync } from 'node:fs';

/** Bytes. Some 55 MB are used before anything is read. Of the container's 256 MB loop-api itself takes 110 to 170. */
export const mostMemory = 104 * 1024 * 1024;

/**
 * Bytes of this process alone: what is shared with others, such as the program of Node itself, is counted once for all of
 * them (proc(5), RssAnon).
 */
export function measureMemory(): number {
  try {
    const [, kilobytes] = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    return process.memoryUsage.rss();
  }
}

/** What `usage` says of the processor's time. */
export function toMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}
