// What a lock says of who holds it, so that one that a process of this machine left when it died is known at once.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

const held = new Set<string>();

export function createToken(): string {
  const token = `${here()}\n${process.pid}\n${randomUUID()}`;
  held.add(token);
  return token;
}

export function forget(token: string): void {
  held.delete(token);
}

/** False where nobody here can tell: of another machine or container, or written by something else. */
export function isOfTheDead(token: string): boolean {
  const [place, pid = ''] = token.split('\n');
  if (place !== here() || !/^\d{1,10}$/.test(pid)) {
    return false;
  }
  return Number(pid) === process.pid ? !held.has(token) : !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

let known: string | undefined;

// Numbers of processes mean the same only there. A hash, since it lies in a folder that others may read.
function here(): string {
  known ??= createHash('sha256')
    .update(JSON.stringify([hostname(), bootId(), processNumbers()]))
    .digest('hex')
    .slice(0, 16);
  return known;
}

const bootId = (): string => orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
const processNumbers = (): string => orNothing(() => readlinkSync('/proc/self/ns/pid'));

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
