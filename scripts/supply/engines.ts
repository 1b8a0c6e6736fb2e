// node scripts/supply/engines.ts: takes out of the lock what packages ask of node, where the Node 20 that a machine may have is
// less. npm compares it with the node that npm itself runs on, and warns; all that is installed runs on the one that comes with it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EnginesLock {
  packages: Record<string, { engines?: Record<string, string> }>;
}

const path = join(import.meta.dirname, '../../package-lock.json');
const oldest = 20_000;

/** Paths of packages that ask for a newer node than the README does. */
export function listNewer({ packages }: EnginesLock): string[] {
  return Object.entries(packages)
    .filter(([, { engines }]) => lowestOf(engines?.['node'] ?? '*') > oldest)
    .map(([where]) => where);
}

/** Of a range such as `^22.18.0 || >=24.11.0`: the smallest version in it, 22018. */
function lowestOf(range: string): number {
  const versions = range.matchAll(/(\d+)(?:\.(\d+))?[^\s|]*/g);
  return versions
    .map(([, major, minor = 0]) => Number(major) * 1000 + Number(minor))
    .reduce((least, one) => Math.min(least, one), range.includes('*') ? 0 : Number.POSITIVE_INFINITY);
}

if (process.argv[1] === import.meta.filename) {
  const lock = JSON.parse(readFileSync(path, 'utf8')) as EnginesLock;
  for (const where of listNewer(lock)) {
    const entry = lock.packages[where];
    if (!entry?.engines) continue;
    const { node: _, ...others } = entry.engines;
    if (Object.keys(others).length > 0) entry.engines = others;
    else delete entry.engines;
  }
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
}
