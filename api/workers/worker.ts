// One of several workers, as a process: what the primary tells it, and what it tells the primary.
import type { Logger } from 'pino';
import { createFailureCodec } from './failures.ts';
import { first, type PrimaryNotice, type WorkerNotice } from './letters.ts';
import { Peers } from './peers.ts';
import type { Seat } from './seat.ts';

export interface WorkerLink {
  seat: Seat;
  /** For when it answers. */
  tellReady(): void;
}

/** `onStop` is called when all are to stop. */
export function joinWorkers(number: number, logger: Logger, onStop: () => void): WorkerLink {
  const send = (notice: WorkerNotice): void => {
    // a primary that is gone takes this process with it
    if (process.connected) process.send?.(notice, undefined, undefined, () => undefined);
  };
  const peers = new Peers(send, createFailureCodec(logger));
  const alone = Promise.withResolvers<void>();
  process.on('message', (notice: PrimaryNotice) => {
    switch (notice.kind) {
      case 'stop':
        onStop();
        break;
      case 'alone':
        alone.resolve();
        break;
      case 'peer':
      case 'letter':
        peers.hear(notice);
        break;
    }
  });
  send({ kind: 'here' });
  const whenFree = (): Promise<void> => (number === first ? alone.promise : Promise.resolve());
  return { seat: { number, peers, whenFree }, tellReady: () => send({ kind: 'ready' }) };
}
