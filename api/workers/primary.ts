// The process in front of several workers: starts them, gives each request to one of them, starts again what ends, and stops all.
// The room: loop-api in several processes (docs/decisions/workers.md). Not what a worker does: service.ts.
import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { first, type PrimaryNotice, type WorkerNotice } from './letters.ts';

const firstPauseMs = 250;
const longestPauseMs = 30_000;
/** One that has lived so long did not fail to start. */
const stableMs = 60_000;

export interface PrimaryOptions {
  /** At least 2. */
  workers: number;
  logger: Logger;
  /** Of a worker's environment: which one it is. */
  numberSetting: string;
  /** What node is started with for each worker. */
  nodeOptions: readonly string[];
}

interface Member {
  worker: Worker;
  isReady: boolean;
  startedAt: number;
  pauseMs: number;
  /** Resolves with the exit code; undefined for one that a signal ended. */
  ended: Promise<number | undefined>;
}

/** The first worker could not be started; it has said why. */
export class FirstWorkerFailed extends Error {
  override readonly name = 'FirstWorkerFailed';
}

export class Primary {
  readonly #options: PrimaryOptions;
  readonly #members = new Map<number, Member>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  #hasStarted = false;
  #isStopping = false;

  constructor(options: PrimaryOptions) {
    this.#options = options;
    // v8's own way: maps and bytes come through as they are
    cluster.setupPrimary({ serialization: 'advanced', execArgv: [...options.nodeOptions] });
  }

  /** Resolves when all answer. Throws FirstWorkerFailed. */
  async start(): Promise<void> {
    // alone, so that what is wrong is said once, and the others find an index that is as it has to be
    if (!(await this.#launch(first, firstPauseMs))) throw new FirstWorkerFailed();
    this.#hasStarted = true;
    const others = Array.from({ length: this.#options.workers - 1 }, (_, index) => first + 1 + index);
    await Promise.all(others.map((number) => this.#launch(number, firstPauseMs)));
  }

  /** All end what they have begun; the first last, since the others change notes through it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#pauses) clearTimeout(timer);
    for (const number of this.#members.keys()) this.#notify(number, { kind: 'stop' });
    await Promise.all([...this.#members].map(([number, { ended }]) => number !== first && ended));
    this.#notify(first, { kind: 'alone' });
    await this.#members.get(first)?.ended;
  }

  /** To true when it is ready, to false where it ends before. */
  #launch(number: number, pauseMs: number): Promise<boolean> {
    const { numberSetting } = this.#options;
    const worker = cluster.fork({ [numberSetting]: String(number) });
    const dropUntaken = followHandover(worker);
    const ended = Promise.withResolvers<number | undefined>();
    const ready = Promise.withResolvers<boolean>();
    const member: Member = {
      ...{ worker, isReady: false, startedAt: performance.now(), pauseMs },
      ended: ended.promise,
    };
    this.#members.set(number, member);
    worker.on('message', (notice: WorkerNotice) => {
      this.#hear(number, member, notice);
      if (notice.kind === 'ready') ready.resolve(true);
    });
    // of a message to one that has just ended
    worker.on('error', () => undefined);
    worker.once('exit', (code: number | null, signal: string | null) => {
      dropUntaken();
      ready.resolve(false);
      ended.resolve(code ?? undefined);
      this.#lose(number, member, { code, signal });
    });
    return ready.promise;
  }

  #hear(number: number, member: Member, notice: WorkerNotice): void {
    const others = [...this.#members].filter(([other]) => other !== number);
    switch (notice.kind) {
      case 'here':
        for (const [other, { isReady }] of others)
          if (isReady) this.#notify(number, { kind: 'peer', number: other, isThere: true });
        if (this.#isStopping) this.#notify(number, { kind: 'stop' });
        break;
      case 'ready':
        member.isReady = true;
        for (const [other] of others) this.#notify(other, { kind: 'peer', number, isThere: true });
        break;
      case 'letter':
        this.#notify(notice.to, { kind: 'letter', from: number, letter: notice.letter });
        break;
    }
  }

  #lose(number: number, member: Member, how: { code: number | null; signal: string | null }): void {
    this.#members.delete(number);
    for (const other of this.#members.keys()) this.#notify(other, { kind: 'peer', number, isThere: false });
    if (this.#isStopping || !this.#hasStarted) return;
    const pauseMs = performance.now() - member.startedAt > stableMs ? firstPauseMs : member.pauseMs;
    this.#options.logger.error(
      { endedWorker: number, ...how, againInMs: pauseMs },
      'a worker ended and is started again',
    );
    const timer = setTimeout(() => {
      this.#pauses.delete(timer);
      void this.#launch(number, Math.min(pauseMs * 2, longestPauseMs));
    }, pauseMs);
    this.#pauses.add(timer);
  }

  /** Who is not there is told nothing: whoever asked has heard that it ended. */
  #notify(number: number, notice: PrimaryNotice): void {
    const { worker } = this.#members.get(number) ?? {};
    if (worker?.isConnected()) worker.send(notice, () => undefined);
  }
}

/**
 * Node gives a worker one connection at a time and keeps its own hold on it until the worker has it: a worker that dies before
 * leaves the client waiting for ever (nodejs/node-v0.x-archive#7006). This lets go of it; one that was taken is closed already.
 */
function followHandover(worker: Worker): () => void {
  let last: { close?(): void } | undefined;
  const send = worker.process.send.bind(worker.process) as (...given: unknown[]) => boolean;
  worker.process.send = (...given: unknown[]): boolean => {
    const [, handle] = given;
    if (typeof handle === 'object' && handle !== null) last = handle;
    return send(...given);
  };
  return () => last?.close?.();
}
