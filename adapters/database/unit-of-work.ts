// What one request changes: collected while it runs, seen by its own reads, committed in one transaction before it answers.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Database, Lock } from './database.ts';
import { DatabaseUnavailable } from './errors.ts';
import type { Write } from './statement.ts';

/** What became of a request: answered as asked, refused for a fault of its own, or lost by a fault of ours. */
type Outcome = 'succeeded' | 'refused' | 'failed';

/**
 * When a change stands. Giving rights: only with success. Taking them away: always. Using up what is good for one
 * request: unless we failed, for then the same request may come again.
 */
type Standing = 'with success' | 'unless we failed' | 'always';

const standing: Readonly<Record<Outcome, readonly Standing[]>> = {
  succeeded: ['with success', 'unless we failed', 'always'],
  refused: ['unless we failed', 'always'],
  failed: ['always'],
};

interface Change {
  readonly write: Write;
  readonly stands: Standing;
}

interface Afterwards {
  readonly tell: () => void;
  readonly stands: Standing;
}

export class UnitOfWork {
  readonly #database: Database;
  readonly #rows = new Map<string, string | null>();
  readonly #facts = new Set<string>();
  #changes: Change[] = [];
  #afterwards: Afterwards[] = [];
  #lock: Promise<Lock> | undefined;
  #isOver = false;
  readonly #isForNow: boolean;
  /** True at the token endpoint, the only place where a refresh token is exchanged for its successor. */
  readonly isTokenRequest: boolean;
  /** The refresh token that this request's new one must be; set while a refresh token is being exchanged. */
  successor: string | undefined;

  constructor(database: Database, isTokenRequest: boolean, isForNow: boolean) {
    this.#database = database;
    this.isTokenRequest = isTokenRequest;
    this.#isForNow = isForNow;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  add(writes: readonly Write[], stands: Standing): void {
    for (const write of writes) this.#changes.push({ write, stands });
  }

  /** Remembers what a row holds for this request: its payload as JSON, or null when it is gone or was never there. */
  see(key: string, payload: string | null): void {
    this.#rows.set(key, payload);
  }

  /** Remembers what the database holds, unless this request has changed it. */
  seeStored(key: string, payload: string | null): void {
    if (!this.#rows.has(key)) this.#rows.set(key, payload);
  }

  seen(key: string): string | null | undefined {
    return this.#rows.get(key);
  }

  /** Remembers something that this request did to rows it may not have read. */
  note(fact: string): void {
    this.#facts.add(fact);
  }

  noted(fact: string): boolean {
    return this.#facts.has(fact);
  }

  /** Something to tell once it is true: called after the commit, not at all when the commit fails. */
  afterCommit(tell: () => void, standsOnFailure: boolean): void {
    // What is asked of the surroundings then (whose request it was) is answered as it would be now.
    this.#afterwards.push({
      tell: AsyncLocalStorage.bind(tell),
      stands: standsOnFailure ? 'always' : 'with success',
    });
  }

  /** Holds the lock of that name until the request is over, so that what is read now still holds at the commit. */
  async lock(name: string): Promise<void> {
    this.#lock ??= this.#database.lock(name);
    await this.#lock;
  }

  async commit(outcome: Outcome): Promise<void> {
    const stands = (one: Change | Afterwards): boolean => standing[outcome].includes(one.stands);
    const writes = this.#changes.filter(stands).map(({ write }) => write);
    if (writes.length > 0) await ((await this.#lock) ?? this.#database).commit(writes);
    // What was read may be another request's commit that a power cut still takes away.
    else if (outcome !== 'failed' && !this.#isForNow) await this.#database.settled();
    const afterwards = this.#afterwards.filter(stands);
    this.#changes = [];
    this.#afterwards = [];
    for (const { tell } of afterwards) tell();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    const lock = await this.#lock?.catch(() => undefined);
    await lock?.release();
  }
}

const units = new AsyncLocalStorage<UnitOfWork>();

/** The unit of work of the request that this code runs in, if there is one that isn't over. */
export function currentUnit(): UnitOfWork | undefined {
  const unit = units.getStore();
  return unit?.isOver ? undefined : unit;
}

/**
 * Runs `work` as one unit. It resolves to whether the request succeeded or was refused, and throws where we failed;
 * what stands then of its changes is committed in one transaction. When that commit fails, revocations are tried alone,
 * with what was used up where it was no outage. Throws what the work or the commit throws.
 *
 * What it read is on the disk as well when it resolves, but where `isForNow`: an answer that promises nothing for later
 * (an introspection) waits for no disk.
 */
export async function asUnitOfWork(
  database: Database,
  isTokenRequest: boolean,
  work: () => Promise<boolean>,
  isForNow = false,
): Promise<void> {
  const unit = new UnitOfWork(database, isTokenRequest, isForNow);
  try {
    await units.run(unit, () => commitWork(unit, work));
  } finally {
    await unit.end();
  }
}

async function commitWork(unit: UnitOfWork, work: () => Promise<boolean>): Promise<void> {
  let hasSucceeded: boolean;
  try {
    hasSucceeded = await work();
  } catch (error) {
    await unit.commit('failed');
    throw error;
  }
  try {
    await unit.commit(hasSucceeded ? 'succeeded' : 'refused');
  } catch (error) {
    await unit.commit(error instanceof DatabaseUnavailable ? 'failed' : 'refused');
    throw error;
  }
}

/** Adds writes to the current request's unit, or commits them at once where there is none. */
export async function change(
  database: Database,
  writes: readonly Write[],
  standsOnFailure = false,
): Promise<void> {
  await addOrCommit(database, writes, standsOnFailure ? 'always' : 'with success');
}

/** Like `change`, for what is good for one request: it is used up by one that is refused, too. */
export async function useUp(database: Database, writes: readonly Write[]): Promise<void> {
  await addOrCommit(database, writes, 'unless we failed');
}

async function addOrCommit(database: Database, writes: readonly Write[], stands: Standing): Promise<void> {
  const unit = currentUnit();
  if (unit) unit.add(writes, stands);
  else await database.commit(writes);
}
