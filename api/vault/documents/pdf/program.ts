// The program that reads PDFs, started by reader.ts: keeps time and memory for the thread that does it (extraction.ts),
// and ends itself where either is used up. A process of its own, since a thread that allocates enough at once ends the
// process that it is in, whatever its limits are.
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { PdfAnswer, PdfFailure, PdfOrder } from './answers.ts';
import { measureMemory, mostMemory, toMs } from './limits.ts';

const checkMs = 10;

/** MB. */
const threadLimits = { maxOldGenerationSizeMb: 56, maxYoungGenerationSizeMb: 4 };

// Where the machine or the container runs out of memory, this is the process to end (proc(5), oom_score_adj).
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // not Linux, or not allowed
}
const thread = new Worker(new URL('./extraction.ts', import.meta.url), { resourceLimits: threadLimits });
let limits: { spentMs: number; wallMs: number } | undefined;

thread.on('message', (answer: PdfAnswer) => {
  limits = undefined;
  process.send?.(answer);
});
thread.on('error', ({ code }: NodeJS.ErrnoException) =>
  giveUp(code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'damaged'),
);
process.on('message', (order: PdfOrder) => {
  limits = {
    spentMs: toMs(process.cpuUsage()) + 2 * order.longestMs,
    wallMs: performance.now() + 10 * order.longestMs,
  };
  thread.postMessage(order);
});
// Whoever asked is gone.
process.on('disconnect', end);
setInterval(check, checkMs);

function check(): void {
  if (limits === undefined) {
    return;
  }
  if (measureMemory() > mostMemory) {
    giveUp('memory');
  } else if (toMs(process.cpuUsage()) > limits.spentMs || performance.now() > limits.wallMs) {
    giveUp('time');
  }
}

function giveUp(why: PdfFailure): void {
  limits = undefined;
  process.send?.({ kind: 'failed', why } satisfies PdfAnswer, end);
}

// Not by exit(), which waits for the thread.
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
