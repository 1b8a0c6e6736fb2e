// What a template of Obsidian's says once its variables are filled in: `{{title}}`, `{{date}}`, `{{time}}`, and the last two
// with a format of their own.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Moment } from 'moment';
import { VaultRefusal } from '../errors.ts';
import { findOpenPlace, type HiddenFiles } from '../hidden/hidden-files.ts';
import { readNoteBytes } from '../notes/file.ts';
import { isNoteName } from '../notes/path.ts';
import { normalizeText } from '../unicode.ts';

/** The texts of one of Obsidian's files of settings, by their names. */
export type ObsidianSettings = Record<string, string>;

/** Characters of a format: paths are no longer. */
export const longestFormat = 1000;
/** Bytes of settings, and of a template: with its variables it may become much more. */
const largestSettings = 65_536;
const largestTemplate = 1024 * 1024;

/** Throws VaultRefusal where they can't be read: a note must not land elsewhere while they are being written. */
export async function readSettingsFile(root: string, name: string): Promise<ObsidianSettings> {
  try {
    const text = await readFile(join(root, '.obsidian', `${name}.json`), 'utf8');
    if (text.length <= largestSettings) {
      const settings = Object.entries(JSON.parse(text) as Record<string, unknown>);
      return Object.fromEntries(
        settings.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      );
    }
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return {};
    }
  }
  throw new VaultRefusal(
    'invalid',
    `Obsidian's settings of ${name} can't be read just now, so it is not known which note is meant: name it by its path.`,
  );
}

/** Undefined where there is no such note, or it is hidden. Throws VaultRefusal for one that is too large. */
export async function readTemplateNote(
  root: string,
  id: string,
  hidden: HiddenFiles,
): Promise<string | undefined> {
  const place = await findOpenPlace(root, id, hidden);
  const read = place && (await readNoteBytes(root, place.target));
  if (read !== undefined && (read.bytes?.length ?? largestTemplate + 1) > largestTemplate) {
    throw new VaultRefusal('invalid', 'The template is larger than 1 MB.');
  }
  return read?.bytes?.toString('utf8');
}

export function withExtension(path: string): string {
  return isNoteName(path) ? path : `${path}.md`;
}

// As Obsidian does: no slash at the ends or twice, no space that only looks like one.
export function normalizePath(path: string): string {
  const names = normalizeText(path.replace(/[\u00a0\u202f]/g, ' '), 'NFC').split('/');
  return names
    .filter((name) => name.trim() !== '')
    .join('/')
    .trim();
}

const variable = /\{\{\s*(date|time|title)\s*(?::([^{}]*))?\}\}/gi;

/** `settings` are those of the plugin for templates. */
export function fillIn(
  template: string,
  { day, title, settings }: { day: Moment; title: string; settings: ObsidianSettings },
): string {
  const usual = { date: settings['dateFormat'] || 'YYYY-MM-DD', time: settings['timeFormat'] || 'HH:mm' };
  const written = new Map<string, string>();
  return template.replace(variable, (_, word: string, format: string | undefined) => {
    const name = word.toLowerCase();
    if (name === 'title') {
      return title;
    }
    const wanted = (format?.trim() || (name === 'date' ? usual.date : usual.time)).slice(0, longestFormat);
    const text = written.get(wanted) ?? day.format(wanted);
    written.set(wanted, text);
    return text;
  });
}
