// Names that sync programs give to the copy they keep when two devices changed one file: whose copy a name says it is.

// Only forms that nobody types: each has a moment or a device in it, or words that a program alone puts there. Left out is
// what people write as well: ` 2` (iCloud, Finder), ` (1)` (Google Drive), `-LAPTOP` (OneDrive, of a device that somebody
// named). The second part of a note, ranked last, would be lost; a copy that is not known as one is only one result more.
const ends = [
  // Syncthing; before 0.14.39 without the device.
  /^(.+)\.sync-conflict-\d{8}-\d{6}(?:-[A-Z0-9]{7})?$/,
  // ownCloud and Nextcloud before 2.4.
  /^(.+)[_.-]conflict-\d{8}-?\d{6}$/i,
  // git mergetool, with its process's number.
  /^(.+)_(?:BACKUP|BASE|LOCAL|REMOTE)_\d{1,10}$/,
  // Resilio Sync.
  /^(.+)\.Conflict(?:\(\d{1,3}\)|\d{1,3})?$/i,
  // OneDrive, of a device that has the name that Windows gave it.
  /^(.+)-(?:DESKTOP-[A-Z0-9]{7}|LAPTOP-[A-Z0-9]{8}|WIN-[A-Z0-9]{11})(?:-\d{1,3})?$/,
  // pCloud.
  /^(.+) \[conflicted\](?:\(\d{1,3}\)| \d{1,3})?$/i,
];

/** Synology Drive: the device, the moment, the reason. */
const synology = {
  moment: /^[A-Z][a-z]{2}-\d\d-\d{4,6}-\d{4}$/,
  reason: /^(?:Case|WhiteSpace|TailCharacter)?Conflict(?:_\d{1,3})?$/,
};

/**
 * What stands in brackets at the end: Dropbox in the languages it writes (`Bea's conflicted copy 2026-11-20`), Nextcloud,
 * Obsidian Sync (`Conflicted copy phone 202611201010`), Seafile (`SFConflict …`), Proton Drive (`# Edit conflict …`), Dropbox's
 * other conflicts.
 */
const words = [
  /conflicted copy\b/i,
  /충돌된 (?:복)?사본|競合コピー|冲突副本|衝突複本/,
  /in Konflikt stehende Kopie|copie en conflit|copia en conflicto|copia in conflitto|cópia em conflito/i,
  /^SFConflict /,
  /^# (?:Edit conflict|Delete conflict|Name clash) \d{4}-\d\d-\d\d \S+ #$/,
  /^(?:Case|Unicode Encoding|Selective Sync) Conflict(?: \(?\d{1,3}\)?)?$/,
];

/** The vault path of the file that the one at `path` says it is a copy of; undefined where it is none. */
export function findConflictOf(path: string): string | undefined {
  const start = path.lastIndexOf('/') + 1;
  const dot = path.lastIndexOf('.');
  const end = dot > start ? dot : path.length;
  let stem = path.slice(start, end);
  // A copy may have been copied.
  for (let shorter = findOriginal(stem); shorter !== undefined; shorter = findOriginal(stem)) {
    stem = shorter;
  }
  return stem.length === end - start ? undefined : path.slice(0, start) + stem + path.slice(end);
}

function findOriginal(stem: string): string | undefined {
  for (const end of ends) {
    const original = end.exec(stem)?.[1];
    if (original !== undefined) {
      return original;
    }
  }
  return findBeforeBrackets(stem) ?? findBeforeDevice(stem);
}

function findBeforeBrackets(stem: string): string | undefined {
  if (!stem.endsWith(')')) {
    return undefined;
  }
  // The outer ones where there are brackets in brackets, as around a number; ` (1)` may follow too.
  const inner = stem.lastIndexOf(' (');
  for (const open of [inner, stem.lastIndexOf(' (', inner - 1)]) {
    const inside = stem.slice(open + 2, -1);
    if (open > 0 && words.some((word) => word.test(inside))) {
      return stem.slice(0, open);
    }
  }
  return undefined;
}

// A device's name with an underscore in it can't be told from the file's.
function findBeforeDevice(stem: string): string | undefined {
  const parts = stem.split('_');
  const at = parts.findLastIndex((part) => synology.moment.test(part));
  const isCopy = at > 1 && synology.reason.test(parts.slice(at + 1).join('_'));
  return (isCopy && parts.slice(0, at - 1).join('_')) || undefined;
}
