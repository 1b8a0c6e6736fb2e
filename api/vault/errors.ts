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
export type RefusalReason = 'invalid' | 'missing' | 'exists' | 'stale' | 'read-only' | 'away' | 'full';

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
  /** `suggestion` is a sentence after a space, or nothing. */
  constructor(suggestion = '') {
    super('missing', `There is no note with this id.${suggestion || ' Use search or list to find one.'}`);
  }
}

/** There is such a file, and nothing in it that could be given; `why` is the beginning of a sentence. */
export class FileRefused extends VaultRefusal {
  override readonly name = 'FileRefused';
  constructor(why: string) {
    super(
      'invalid',
      `${why}: notes, canvases, bases and PDFs can be fetched as text, and PNG, JPEG, GIF and WebP up to 1 MB as images.`,
    );
  }
}

/** What is to be made is there already, maybe in another spelling. */
export class NoteExists extends VaultRefusal {
  override readonly name = 'NoteExists';
  constructor(path: string) {
    super('exists', `There is already ${path}. Choose another name, or read and change that one.`);
  }
}

/** Something has the name of what is to come back, but for case or Unicode form. */
export class NoteSpelled extends VaultRefusal {
  override readonly name = 'NoteSpelled';
  constructor(path: string) {
    super('exists', `Something has the name of ${path} in another spelling. Rename or move that first.`);
  }
}

/** The note was changed after the caller read it. */
export class RevisionStale extends VaultRefusal {
  override readonly name = 'RevisionStale';
  readonly currentRevision: string;
  constructor(currentRevision: string) {
    super(
      'stale',
      `The note has changed since it was read; its revision is now ${currentRevision}. Fetch it again, then make the change anew.`,
    );
    this.currentRevision = currentRevision;
  }
}

/** Notes whose links a move has to mend were changed while it was made; `which` are some of them in brackets after a space, or nothing. */
export class NotesChanged extends VaultRefusal {
  override readonly name = 'NotesChanged';
  constructor(which: string, options?: ErrorOptions) {
    super(
      'stale',
      `Notes were changed meanwhile${which}, so nothing was moved. Ask for the move again.`,
      options,
    );
  }
}

/** Which links lead to a note is not known before all notes were read. */
export class LinksUnknown extends VaultRefusal {
  override readonly name = 'LinksUnknown';
  constructor() {
    super(
      'away',
      'The notes are still being read, so it is not known yet which links lead here, and nothing was moved. Try again in a minute.',
    );
  }
}

/** A path that no new note may have; `why` continues "The path can't be used: ". */
export class PathRefused extends VaultRefusal {
  override readonly name = 'PathRefused';
  constructor(why: string, options?: ErrorOptions) {
    super('invalid', `The path can't be used: ${why}.`, options);
  }
}

/** A folder on the way is there in another spelling, `spelled`, which not everybody may be shown. */
export class FolderSpelled extends PathRefused {
  readonly spelled: string;
  constructor(path: string, spelled: string) {
    const name = spelled.slice(spelled.lastIndexOf('/') + 1);
    super(`the folder ${JSON.stringify(path)} is spelled ${JSON.stringify(name)}`);
    this.spelled = spelled;
  }
}

/** A path that is hidden; said whether or not something is there. */
export class PathClosed extends VaultRefusal {
  override readonly name = 'PathClosed';
  constructor() {
    super('invalid', 'The path is not open to clients. Choose another one.');
  }
}

/** A change that this note can't take; the message is a sentence. */
export class EditRefused extends VaultRefusal {
  override readonly name = 'EditRefused';
  constructor(message: string) {
    super('invalid', message);
  }
}

/** The whole vault, or a folder of it, may only be read by this process. */
export class VaultReadOnly extends VaultRefusal {
  override readonly name = 'VaultReadOnly';
  constructor(options?: ErrorOptions) {
    super(
      'read-only',
      'The notes are mounted read-only: they can be read and searched, not changed.',
      options,
    );
  }
}

/** A note or folder that may not be written, of a change of which nothing is done; `which` names it in brackets after a space. */
export class NoteReadOnly extends VaultRefusal {
  override readonly name = 'NoteReadOnly';
  constructor(which = '', options?: ErrorOptions) {
    super(
      'read-only',
      `A note or folder that would have to be changed is read-only${which}, so nothing was changed. Its owner can make it writable; other notes may be.`,
      options,
    );
  }
}

/** A change was begun and could neither be ended nor taken back; that is done by itself later (changes/journal.ts). */
export class ChangeUnfinished extends VaultRefusal {
  override readonly name = 'ChangeUnfinished';
  constructor(options?: ErrorOptions) {
    super(
      'away',
      'The notes could not be written any more in the middle of the change, so it may be made in part just now. Once they can be written again it is taken back by itself, unless all of it was made; before that nothing else is changed. Try again later, and look first whether it was made; its owner can see whether the disk or share is there and can be written.',
      options,
    );
  }
}

/** The folder of notes is not there just now, as when a network share is not mounted; nothing is said of the note. */
export class VaultAway extends VaultRefusal {
  override readonly name = 'VaultAway';
  constructor(options?: ErrorOptions) {
    super(
      'away',
      "The folder of notes can't be reached just now, so notes can be searched and listed as last seen, not read or changed. Try again later; its owner can see whether the disk or share is mounted.",
      options,
    );
  }
}

/** The process that makes changes is not there; `isBegun` where it may have made this one. */
export class WriterAway extends VaultRefusal {
  override readonly name = 'WriterAway';
  constructor({ isBegun }: { isBegun: boolean }) {
    super(
      'away',
      isBegun
        ? 'What changes the notes ended in the middle of this and is started again: the change is made whole or not at all, and it is not known which. Look whether it was made, and try again if it was not.'
        : 'What changes the notes is being started again, so nothing was changed. Try again in some seconds.',
    );
  }
}

/** There is no room for the change; the note is as it was. */
class VaultFull extends VaultRefusal {
  override readonly name = 'VaultFull';
  constructor(options?: ErrorOptions) {
    super(
      'full',
      'The disk that holds the notes is full, so nothing was changed. Its owner has to make room.',
      options,
    );
  }
}

/** What the disk says about a change, as a condition that the caller knows; anything else is as it was. */
export function explainDisk(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (['EROFS', 'EACCES', 'EPERM'].includes(code)) {
    return new VaultReadOnly({ cause: error });
  }
  // As in folders that a NAS encrypts, where a name takes half as much again.
  if (code === 'ENAMETOOLONG') {
    return new PathRefused('a name in it is longer than the disk that holds the notes takes', {
      cause: error,
    });
  }
  return ['ENOSPC', 'EDQUOT'].includes(code) ? new VaultFull({ cause: error }) : error;
}
