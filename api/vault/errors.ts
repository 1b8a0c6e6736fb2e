// The conditions that a vault's caller meets: a folder that can't be used, and what can't be done as it was asked for.

/** `openVault` was given a path with no folder behind it. */
export class VaultNotFound extends Error {
  override readonly name = 'VaultNotFound';
  constructor(directory: string, cause?: unknown) {
    super(
      `There is no folder of notes at ${directory}: create it, or point API_VAULT_DIR at the folder that holds them.`,
      { cause },
    );
  }
}

/** The folder exists and this process may not list it. */
export class VaultNotReadable extends Error {
  override readonly name = 'VaultNotReadable';
  constructor(directory: string, cause?: unknown) {
    super(
      `The folder of notes at ${directory} can't be read by user id ${process.getuid?.()}: give that user the right to read and enter it.`,
      { cause },
    );
  }
}

/** The index file would lie among the notes, or its folder can't be written. */
export class IndexNotUsable extends Error {
  override readonly name = 'IndexNotUsable';
  constructor({ indexPath, why }: { indexPath: string; why: string }, options?: ErrorOptions) {
    super(
      `The search index at ${indexPath} can't be used by user id ${process.getuid?.()}: ${why}. Point API_INDEX_PATH elsewhere.`,
      options,
    );
  }
}

/** In what way something can't be done as it was asked for. */
export type RefusalReason = 'invalid' | 'missing' | 'exists' | 'stale' | 'read-only';

/** What the caller asked for and can mend: the message says how, and names no place outside of the vault. */
export class VaultRefusal extends Error {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** A cursor that this index never gave out, or gave out before it was rebuilt. */
export class BadCursor extends VaultRefusal {
  override readonly name = 'BadCursor';
  constructor() {
    super('invalid', 'This cursor is not valid (any more): start again without one.');
  }
}

export class NoteNotFound extends VaultRefusal {
  override readonly name = 'NoteNotFound';
  constructor() {
    super('missing', 'There is no note with this id. Use search or list to find one.');
  }
}
