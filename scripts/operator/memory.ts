// How much memory a process has.
import { readFileSync } from 'node:fs';

/** MB resident, as Linux says; undefined where there is no such process. */
export function residentMb(pid: number | undefined): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // One that has just ended is still there, without memory.
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(status) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}
