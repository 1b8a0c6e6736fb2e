// Names of notes: what `[[Name]]` refers to, and when two names are one.

/** The file name without folder and extension: what `[[Name]]` refers to. */
export function nameOf(id: string): string {
  return withoutExtension(id.slice(id.lastIndexOf('/') + 1));
}

export function withoutExtension(path: string): string {
  return path.replace(/\.(md|markdown)$/i, '');
}

/** A key under which two spellings of one name meet: NFC and lower case. */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
