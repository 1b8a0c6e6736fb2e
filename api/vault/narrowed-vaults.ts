// The vault once more for whoever is given a part of it: opened when it is first asked for, as a vault of its own in which
// all else is hidden, with an index of its own. So nothing of the rest can be in an answer, not even in the order of what
// is found (docs/decisions/narrowed-index.md).
import { createHash } from 'node:crypto';
import { readdir, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { VaultReach } from './hidden/reach.ts';
import { removeIndexFile } from './index/file.ts';
import type { ChangedPart } from './moving/mover.ts';
import type { VaultOptions } from './options.ts';
import { openVault, type Vault } from './vault.ts';

/** How long the first question waits for the index, at most: clients wait for a minute. Then it is answered with what there is. */
const longestBuildMs = 20_000;
/** So many stay open though nobody asks: each takes some 3 MB. */
const mostIdle = 8;
/** A vault that nobody has asked for so long is in no call. */
const idleMs = 60_000;
/** Indexes of grants that are no more. */
const keptMs = 30 * 24 * 3_600_000;

interface Opened {
  vault: Promise<Vault>;
  usedAt: number;
  /** False for the first while: its index is being built, and finds what is written meanwhile by itself. */
  isReady: boolean;
}

export class NarrowedVaults {
  readonly #all: Vault;
  readonly #options: VaultOptions;
  readonly #opened = new Map<string, Opened>();
  readonly #sweep: NodeJS.Timeout;

  /** `options` are those that `all` was opened with. */
  constructor(all: Vault, options: VaultOptions) {
    this.#all = all;
    this.#options = options;
    this.#sweep = setInterval(() => void this.#closeIdle(), idleMs).unref();
    if (options.elsewhere === undefined) {
      void removeOldIndexes(options.indexPath);
    }
  }

  /**
   * The vault as if there were nothing but `reach` in it. Resolves when all of that can be found, after 20 s in any case.
   * To be asked for again for each call: one that is kept is closed. Throws what openVault throws.
   */
  within(reach: VaultReach): Promise<Vault> {
    const key = JSON.stringify([reach.readable ?? null, reach.writable ?? null]);
    const known = this.#opened.get(key);
    if (known !== undefined) {
      known.usedAt = Date.now();
      return known.vault;
    }
    const opened: Opened = { vault: this.#open(key, reach), usedAt: Date.now(), isReady: false };
    this.#opened.set(key, opened);
    opened.vault.then(
      () => {
        opened.isReady = true;
      },
      // What can't be opened now is tried again by the next call.
      () => this.#opened.delete(key),
    );
    return opened.vault;
  }

  async #open(key: string, reach: VaultReach): Promise<Vault> {
    const { directory, isPolling = false, hidden = [], host, timeZone, onProblem } = this.#options;
    const { retention, onLeft, elsewhere } = this.#options;
    const built = Promise.withResolvers<void>();
    const indexPath = createIndexPath(this.#options.indexPath, key);
    const vault: Vault = await openVault({
      ...{ directory, isPolling, hidden, host, timeZone, indexPath, reach, retention, onLeft, elsewhere },
      onProblem: (problem) => onProblem?.(problem),
      onProgress: (progress) => {
        if (!progress.building || progress.isAway) {
          built.resolve();
        }
      },
      whole: this.#all.links,
      onWritten: (id) => this.#tellOthers(key, (one) => one.refresh(id)),
      onMoved: (part) => this.#tellOthers(key, (one) => one.links.bringInStep(part)),
    });
    const timer = setTimeout(built.resolve, longestBuildMs);
    await built.promise;
    clearTimeout(timer);
    // So that it is not taken for an old one.
    await utimes(indexPath, new Date(), new Date()).catch(() => undefined);
    return vault;
  }

  /** For a note that was written in the vault of all: what a call has changed, the next finds, whoever makes it. */
  refresh(id: string): Promise<void> {
    return tellAll(this.#opened.values(), (vault) => vault.refresh(id));
  }

  /** The same for what was moved there. */
  bringInStep(part: ChangedPart): Promise<void> {
    return tellAll(this.#opened.values(), (vault) => vault.links.bringInStep(part));
  }

  async #tellOthers(key: string, tell: (vault: Vault) => Promise<void>): Promise<void> {
    const others = [...this.#opened].filter(([other]) => other !== key).map(([, opened]) => opened);
    await Promise.all([tell(this.#all), tellAll(others, tell)]);
  }

  async #closeIdle(): Promise<void> {
    const since = Date.now() - idleMs;
    const idle = [...this.#opened].filter(([, { usedAt }]) => usedAt < since);
    const longest = idle.sort(([, one], [, other]) => other.usedAt - one.usedAt).slice(mostIdle);
    await this.#close(longest);
  }

  async #close(entries: Iterable<[string, Opened]>): Promise<void> {
    const closing = [...entries].map(async ([key, { vault }]) => {
      this.#opened.delete(key);
      await (await vault.catch(() => undefined))?.close();
    });
    await Promise.all(closing);
  }

  /** Before that of the vault of all. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await this.#close(this.#opened);
  }
}

async function tellAll(opened: Iterable<Opened>, tell: (vault: Vault) => Promise<void>): Promise<void> {
  const ready = [...opened].filter(({ isReady }) => isReady);
  await Promise.all(ready.map(async ({ vault }) => tell(await vault)));
}

const suffix = /^\.part-[0-9a-f]{16}$/;

// By a hash: the names of folders are no names of files, and nobody's to see.
function createIndexPath(indexPath: string, key: string): string {
  if (indexPath === ':memory:') {
    return indexPath;
  }
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return `${indexPath}.part-${hash}`;
}

async function removeOldIndexes(indexPath: string): Promise<void> {
  const folder = dirname(indexPath);
  const name = basename(indexPath);
  const files = indexPath === ':memory:' ? [] : await readdir(folder).catch(() => []);
  for (const file of files) {
    if (file.startsWith(name) && suffix.test(file.slice(name.length))) {
      const path = join(folder, file);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > keptMs) {
        removeIndexFile(path);
      }
    }
  }
}
