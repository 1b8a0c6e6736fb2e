// Obsidian's own excluded files: what the settings of a vault (.obsidian/app.json) say, and what that hides.
import { foldName } from '../notes/name.ts';
import { computeWithin } from '../pace/time-limit.ts';

/** The filters of the file's text; undefined where that can't be read. Those that are no text are left out. */
export function parseExcludedFiles(text: string): string[] | undefined {
  try {
    const settings = JSON.parse(text) as { userIgnoreFilters?: unknown } | null;
    const filters = settings?.userIgnoreFilters ?? [];
    return Array.isArray(filters)
      ? filters.filter((filter) => typeof filter === 'string' && filter !== '')
      : undefined;
  } catch {
    return undefined;
  }
}

/** How long all paths of one folder may take, and one of them alone where they took longer. */
const longestFolderMs = 250;
const longestPathMs = 20;
/** Of all that took longer; from then on nothing is tried any more. */
const longestDoubtMs = 1000;
const mostKnown = 100_000;

/**
 * A filter between slashes is a regular expression, any other the beginning of a path; case is left aside, as Obsidian does.
 * The expressions are the owner's and may be of any kind (one that hides all but some folders looks ahead), so that they
 * run with an end: a path for which they do not come to one is hidden.
 */
export class ExcludedFiles {
  readonly #beginnings: string[] = [];
  readonly #expressions: RegExp[] = [];
  readonly #known = new Map<string, boolean>();
  #doubtMs = 0;
  #faults = 0;

  constructor(filters: readonly string[]) {
    for (const filter of filters) {
      if (filter.length > 1 && filter.startsWith('/') && filter.endsWith('/')) {
        this.#addExpression(filter.slice(1, -1));
      } else {
        this.#beginnings.push(foldName(filter));
      }
    }
  }

  #addExpression(source: string): void {
    try {
      this.#expressions.push(new RegExp(source, 'i'));
    } catch {
      this.#faults += 1;
    }
  }

  /** Filters that are no regular expression, and paths for which one did not come to an end. */
  get faults(): number {
    return this.#faults;
  }

  /** True for a folder of which every file is hidden by where it lies. */
  isHiddenFolder(path: string): boolean {
    return this.#begins(`${path}/`);
  }

  #begins(path: string): boolean {
    const folded = foldName(path);
    return this.#beginnings.some((beginning) => folded.startsWith(beginning));
  }

  /** Those of these files that are hidden. */
  findHidden(paths: readonly string[]): Set<string> {
    const begun = this.#beginnings.length === 0 ? [] : paths.filter((path) => this.#begins(path));
    this.#tryAll(paths);
    return new Set([...begun, ...paths.filter((path) => this.#known.get(path) === true)]);
  }

  #tryAll(paths: readonly string[]): void {
    if (this.#expressions.length === 0) {
      return;
    }
    if (this.#known.size + paths.length > mostKnown) {
      this.#known.clear();
    }
    const unknown = paths.filter((path) => !this.#known.has(path));
    const answers = unknown.length === 0 ? [] : this.#tryWithin(longestFolderMs, unknown);
    for (const [index, path] of unknown.entries()) {
      this.#known.set(path, answers?.[index] ?? this.#tryAlone(path));
    }
  }

  #tryAlone(path: string): boolean {
    const [answer] = this.#doubtMs > longestDoubtMs ? [] : (this.#tryWithin(longestPathMs, [path]) ?? []);
    if (answer === undefined) {
      this.#doubtMs += longestPathMs;
      this.#faults += 1;
    }
    return answer ?? true;
  }

  #tryWithin(timeoutMs: number, paths: readonly string[]): boolean[] | undefined {
    const test = (path: string): boolean => this.#expressions.some((expression) => expression.test(path));
    return this.#doubtMs > longestDoubtMs ? undefined : computeWithin(timeoutMs, () => paths.map(test));
  }
}
