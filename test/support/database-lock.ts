// Another program that writes to a database file: a process of its own, since SQLite's locks are between processes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const program = `
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(process.argv[1]);
  database.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE');
  process.stdout.write('held');
  process.stdin.resume().once('end', () => { database.exec('ROLLBACK'); database.close(); });
`;

/** Takes the write lock; resolves, once it is held, to its release. */
export async function lockDatabase(path: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ['--no-warnings', '-e', program, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [chunk] = await Promise.race([once(child.stdout, 'data'), ended]);
  if (String(chunk) !== 'held') throw new Error('the other program did not get the lock');
  return async () => {
    child.stdin.end();
    await ended;
  };
}
