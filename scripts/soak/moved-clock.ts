// Loaded into both services by the soak (node --import): their clock is as far off as a file says, read again at a signal.
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env['SOAK_CLOCK_FILE'];
const real = Date.now;
let offMs = 0;

function read(): void {
  try {
    offMs = Number(readFileSync(file ?? '', 'utf8'));
  } catch {
    // It is not there before the clock is first moved.
  }
}

read();
Date.now = () => real() + offMs;
if (isMainThread) process.on('SIGUSR2', read);
