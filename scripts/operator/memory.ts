// How much memory a process has.
import { readFileSync } from 'node:fs';

/** MB resident, as Linux says; undefined where there is no such process. */
export function residentMb(pid: number | undefined): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  } catch {
    return undefined;
  }
}
