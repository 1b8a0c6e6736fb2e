// When a backup is due, and making it in a program of its own: every night, and at the start where one was missed.
import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { epochSeconds } from '../database/time.ts';
import type { BackupFacts } from './copy.ts';
import { findLatestBackup } from './folder.ts';
import type { KeptBackupOptions } from './kept-backup.ts';
import type { BackupNews } from './program.ts';

// When people sleep and their sync programs have nothing to do; the minute is each installation's own, so that many on
// one machine or one share don't begin together.
const nightlyHour = 3;
// Two starts in one night have different minutes; a backup of the first is this night's.
const sameNightSeconds = 2 * 3600;
const retrySeconds = 900;
const program = fileURLToPath(new URL('./program.ts', import.meta.url));
// It goes through its files by chunks of 64 KiB; left alone it would take what the service has no room for.
const execArgv = ['--max-old-space-size=32', '--max-semi-space-size=1', '--no-warnings'];
/** Nothing of ours is inherited: this process's secrets are none of its matter, but for the one that it is told. */
const environment = { MALLOC_ARENA_MAX: '1' };

export interface NightlyOptions extends Omit<KeptBackupOptions, 'now'> {
  readonly onMade: (facts: BackupFacts) => void;
  /** Told once a try; the next is a quarter of an hour later. */
  readonly onFailed: (error: unknown) => void;
}

export interface Backups {
  /** Resolves when the one under way, if any, is made or given up. */
  readonly stop: () => Promise<void>;
  /** Resolves when what was due at this moment is made or has failed; each minute does the same. */
  readonly runIfDue: () => Promise<void>;
}

/** Whether one is due at `now`, where the newest is of `latest` (epoch seconds), in nights that begin at 3:`minute`. */
export function isBackupDue(latest: number | undefined, now: number, minute: number): boolean {
  if (latest === undefined) return true;
  const night = new Date(now * 1000);
  night.setHours(nightlyHour, minute, 0, 0);
  if (night.getTime() > now * 1000) night.setDate(night.getDate() - 1);
  return latest < night.getTime() / 1000 && now - latest > sameNightSeconds;
}

/** Looks now and each minute, without keeping the process alive for it; the caller stops it. */
export function startBackups(options: NightlyOptions): Backups {
  const minute = randomInt(60);
  let retryAt = 0;
  let running: Promise<void> | undefined;
  let child: ChildProcess | undefined;
  let isStopped = false;
  const run = async (now: number): Promise<void> => {
    const { databasePath, folder, keep, encryptionKey } = options;
    const wish: KeptBackupOptions = { databasePath, folder, keep, encryptionKey, now };
    try {
      child = fork(program, { env: environment, execArgv, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      options.onMade(await readNews(child, wish));
      retryAt = 0;
    } catch (error) {
      retryAt = now + retrySeconds;
      if (!isStopped) options.onFailed(error);
    }
  };
  const runIfDue = (): Promise<void> => {
    const now = epochSeconds();
    // A clock that was put back does not put the next try off.
    const isTooSoon = now < retryAt && now >= retryAt - retrySeconds;
    if (!running && (isTooSoon || !isBackupDue(findLatestBackup(options.folder, now), now, minute))) {
      return Promise.resolve();
    }
    running ??= run(now).finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => void runIfDue(), 60_000);
  timer.unref();
  void runIfDue();
  return {
    runIfDue,
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      // What it has begun goes at the next run.
      child?.kill('SIGKILL');
      await running?.catch(() => {});
    },
  };
}

/** Resolves or rejects when the program has ended: then nothing of it holds a file any more. Throws what the program met. */
async function readNews(child: ChildProcess, wish: KeptBackupOptions): Promise<BackupFacts> {
  let news: BackupNews | undefined;
  child.once('message', (message: BackupNews) => {
    news = message;
  });
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  // what can't be sent is told by its end
  child.send(wish, () => undefined);
  await ended;
  if (news === undefined) throw new Error('the backup was ended before it was made');
  if ('failed' in news) throw Object.assign(new Error(news.failed.message), { code: news.failed.code });
  return news.facts;
}
