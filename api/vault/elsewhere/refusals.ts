// A condition that a vault's caller meets, on its way from the process that met it: classes do not come through.
import {
  ChangeUnfinished,
  LinksUnknown,
  NoteReadOnly,
  type RefusalReason,
  RevisionStale,
  VaultAway,
  VaultRefusal,
} from '../errors.ts';

export interface ToldRefusal {
  name: string;
  reason: RefusalReason;
  message: string;
  currentRevision: string | undefined;
}

/** Undefined for what is no refusal. */
export function tellRefusal(error: unknown): ToldRefusal | undefined {
  if (!(error instanceof VaultRefusal)) {
    return undefined;
  }
  const { name, reason, message } = error;
  return {
    name,
    reason,
    message,
    currentRevision: error instanceof RevisionStale ? error.currentRevision : undefined,
  };
}

/** Those that somebody tells from others by their class. */
const kinds: Readonly<Record<string, new () => VaultRefusal>> = {
  ChangeUnfinished,
  LinksUnknown,
  NoteReadOnly,
  VaultAway,
};

export function recallRefusal({ name, reason, message, currentRevision }: ToldRefusal): VaultRefusal {
  if (currentRevision !== undefined) {
    return new RevisionStale(currentRevision);
  }
  const Kind = kinds[name];
  return Kind === undefined ? new VaultRefusal(reason, message) : Object.assign(new Kind(), { message });
}
