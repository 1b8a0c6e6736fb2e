// The thread that keeps SQLite's log short: what waits for the disk there would stop the whole process.
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { rewriteLog } from './frames.ts';

export interface LogPaths {
  readonly database: string;
  readonly log: string;
  /** A statement that writes and changes nothing. */
  readonly idleWrite: string;
}

export type Job = 'checkpoint' | 'mend' | 'close';

/** What becomes of a job, in the order of the jobs. A class does not come through. */
export type JobNews =
  | { readonly isDone: boolean }
  | { readonly failed: { readonly message: string; readonly code: unknown } };

// How long writers, which wait meanwhile, are held up for a reader that is still at what is to be overwritten.
const patienceMs = 100;
// A log that grew beside a long reader gives its room back.
const keptLogBytes = 32 * 1024 * 1024;

const { database, log, idleWrite } = workerData as LogPaths;
const connection = new Sqlite(database, { fileMustExist: true, timeout: patienceMs });
connection.pragma('synchronous = NORMAL');
connection.pragma('wal_autocheckpoint = 0');
connection.pragma(`journal_size_limit = ${keptLogBytes}`);

const jobs: Readonly<Record<Job, () => boolean>> = {
  checkpoint,
  mend,
  close: () => {
    connection.close();
    parentPort?.close();
    return true;
  },
};

parentPort?.on('message', (job: Job) => parentPort?.postMessage(run(job)));

function run(job: Job): JobNews {
  try {
    return { isDone: jobs[job]() };
  } catch (error) {
    const { message = String(error), code } = error as NodeJS.ErrnoException;
    return { failed: { message, code } };
  }
}

/** True where the log begins anew. */
function checkpoint(): boolean {
  // Most of it beside the writers. They never let it come to the end, so that the rest is done while they wait.
  connection.pragma('wal_checkpoint(PASSIVE)');
  const [result] = connection.pragma('wal_checkpoint(RESTART)') as Array<{ busy: number }>;
  if (result?.busy !== 0) return false;
  // Whoever writes first into a log that begins anew syncs its head, and should not be the service.
  connection.exec(idleWrite);
  return true;
}

function mend(): boolean {
  const frames = countFrames();
  // What is written meanwhile by anybody must not be overwritten with what was there before.
  connection.exec('begin immediate');
  try {
    rewriteLog(log, frames);
  } finally {
    connection.exec('rollback');
  }
  return true;
}

function countFrames(): number {
  // A connection knows of others' frames since its last read.
  connection.prepare('select count(*) from sqlite_schema').get();
  const [state] = connection.pragma('wal_checkpoint(NOOP)') as Array<{ log: number; checkpointed: number }>;
  // Once all of them are in the database a writer may begin anew.
  return state && state.checkpointed < state.log ? state.log : 0;
}
