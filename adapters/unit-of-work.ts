// What one request changes: collected while it runs, seen by its own reads, committed in one transaction before it answers.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Database, Lock } from './database.ts';
import type { Write } from './statement.ts';

interface Change extends Write {
  /** Taking rights away stands even when the request fails; giving or using them up does not. */
  readonly standsOnFailure: boolean;
}

/** What this request has done to a stored row: its new payload, or null when it removed it. */
export type SeenRow = Record<string, unknown> | null;

export class UnitOfWork {
  readonly #database: Database;
  readonly #changes: Change[] = [];
  readonly #afterwards: Array<() => void> = [];
  readonly #seen = new Map<string, SeenRow>();
  #lock: Lock | undefined;
  /** True at the token endpoint, the only place where a refresh token is exchanged for its successor. */
  readonly isTokenRequest: boolean;
  /** The refresh token that this request's new one must be; set while a refresh token is being exchanged. */
  successor: string | undefined;

  constructor(database: Database, isTokenRequest: boolean) {
    this.#database = database;
    this.isTokenRequest = isTokenRequest;
  }

  add(writes: readonly Write[], standsOnFailure: boolean): void {
    for (const write of writes) this.#changes.push({ ...write, standsOnFailure });
  }

  see(key: string, row: SeenRow): void {
    this.#seen.set(key, row);
  }

  seen(key: string): SeenRow | undefined {
    return this.#seen.get(key);
  }

  seenRows(): IterableIterator<SeenRow> {
    return this.#seen.values();
  }

  /** Something to tell once it is true: called after the commit, not at all when the commit fails. */
  afterCommit(tell: () => void): void {
    this.#afterwards.push(tell);
  }

  /** Holds a lock of that name until the request is over, so that what is read now still holds at the commit. */
  async lock(name: string): Promise<void> {
    this.#lock ??= await this.#database.lock(name);
  }

  async commit(succeeded: boolean): Promise<void> {
    const writes = this.#changes.splice(0).filter((write) => succeeded || write.standsOnFailure);
    if (writes.length > 0) await (this.#lock ?? this.#database).commit(writes);
    for (const tell of this.#afterwards.splice(0)) tell();
  }

  async end(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }
}

const units = new AsyncLocalStorage<UnitOfWork>();

/** The unit of work of the request that this code runs in, if there is one. */
export function currentUnit(): UnitOfWork | undefined {
  return units.getStore();
}

/**
 * Runs `work` as one unit: `work` resolves to whether the request succeeded, then everything that it changed is
 * committed in one transaction. When it failed or threw, only revocations are. Throws what the commit throws.
 */
export async function asUnitOfWork(
  database: Database,
  isTokenRequest: boolean,
  work: () => Promise<boolean>,
): Promise<void> {
  const unit = new UnitOfWork(database, isTokenRequest);
  try {
    await units.run(unit, async () => {
      try {
        await unit.commit(await work());
      } catch (error) {
        await unit.commit(false);
        throw error;
      }
    });
  } finally {
    await unit.end();
  }
}

/** Adds writes to the current request's unit, or commits them at once where there is none. */
export async function change(
  database: Database,
  writes: readonly Write[],
  standsOnFailure = false,
): Promise<void> {
  const unit = currentUnit();
  if (unit) unit.add(writes, standsOnFailure);
  else await database.commit(writes);
}
