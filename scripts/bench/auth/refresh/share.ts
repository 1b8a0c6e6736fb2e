// A share of a processor for a process, so that a machine with few cores shows whether two processes do more than one.
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Short, or a process would stand still for most of a tenth of a second.
const periodMicroseconds = 10_000;

/** Holds a process to so much of a core until what is returned is called, after its end. Throws where that isn't allowed. */
export function holdToShare(pid: number, share: number): () => void {
  const quota = Math.round(share * periodMicroseconds);
  // Control groups of the first version have a tree for each kind of limit.
  const isFirst = existsSync('/sys/fs/cgroup/cpu/cgroup.procs');
  const folder = join(isFirst ? '/sys/fs/cgroup/cpu' : '/sys/fs/cgroup', `loop-bench-${pid}`);
  mkdirSync(folder);
  const limits = isFirst
    ? { 'cpu.cfs_period_us': periodMicroseconds, 'cpu.cfs_quota_us': quota }
    : { 'cpu.max': `${quota} ${periodMicroseconds}` };
  for (const [name, value] of Object.entries(limits)) writeFileSync(join(folder, name), String(value));
  writeFileSync(join(folder, 'cgroup.procs'), String(pid));
  return () => rmdirSync(folder);
}
