// Daily notes as Obsidian's own plugin keeps them: which note is a day's, and what a new one says.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Moment } from 'moment';
import { VaultRefusal } from '../errors.ts';
import { findOpenPlace, type HiddenFiles } from '../hidden/hidden-files.ts';
import { readNoteBytes } from '../notes/file.ts';
import { nameOf } from '../notes/name.ts';
import { isNoteName } from '../notes/path.ts';
import { normalizeText } from '../unicode.ts';
import { languages, onDate, readMoment } from './moments.ts';

export interface DailyNotes {
  /**
   * The id of the day's note that `daily:today` or `daily:2026-11-26` means, whether or not it is there; undefined where
   * `name` is no day. Throws VaultRefusal.
   */
  findDailyNote(name: string): Promise<string | undefined>;
  /** What its template says, for a new one; '' where there is none. Throws VaultRefusal. */
  createText(name: string): Promise<string>;
}

export interface DailyNotesOptions {
  /** The vault's real path. */
  root: string;
  hidden: HiddenFiles;
  /** An IANA time zone. */
  timeZone: string;
}

const named = /^\s*daily:(today|\d{4}-\d\d-\d\d)\s*$/i;
/** Characters of a format: paths are no longer. */
const longestFormat = 1000;
/** Bytes of settings, and of a template: with its variables it may become much more. */
const largestSettings = 65_536;
const largestTemplate = 1024 * 1024;
/** Days before one that tell in which language its name is written. */
const daysBefore = 31;

export function createDailyNotes({ root, hidden, timeZone }: DailyNotesOptions): DailyNotes {
  const readSettings = (name: string): Promise<Record<string, string>> => readSettingsFile(root, name);
  const isThere = async (id: string): Promise<boolean> =>
    (await findOpenPlace(root, id, hidden)) !== undefined;

  function findDay(name: string): Moment | undefined {
    const date = named.exec(name)?.[1]?.toLowerCase();
    if (date === undefined) {
      return undefined;
    }
    const now = readMoment(timeZone);
    return date === 'today' ? now : onDate(now, date);
  }

  async function findId(day: Moment): Promise<string> {
    const settings = await readSettings('daily-notes');
    const idOf = (moment: Moment): string => createId(settings, moment);
    // Where no name of a day or month is in it, the first is the only one.
    for (let before = 0; before <= daysBefore; before += 1) {
      const ids = languages.map((language) => idOf(day.clone().subtract(before, 'days').locale(language)));
      const found = new Set(ids).size === 1 ? 0 : await findIndex(ids, isThere);
      if (found >= 0) {
        return idOf(day.clone().locale(languages[found] ?? 'en'));
      }
    }
    return idOf(day);
  }

  async function readTemplate(): Promise<string> {
    const { template = '' } = await readSettings('daily-notes');
    const id = withExtension(normalizePath(template));
    const place = template.trim() === '' ? undefined : await findOpenPlace(root, id, hidden);
    const read = place && (await readNoteBytes(root, place.target));
    if (read !== undefined && (read.bytes?.length ?? largestTemplate + 1) > largestTemplate) {
      throw new VaultRefusal('invalid', 'The template of daily notes is larger than 1 MB.');
    }
    return read?.bytes?.toString('utf8') ?? '';
  }

  return {
    findDailyNote: async (name) => {
      const day = findDay(name);
      return day && findId(day);
    },
    createText: async (name) => {
      const day = findDay(name) ?? readMoment(timeZone);
      const template = await readTemplate();
      return fillIn(template, {
        day,
        title: nameOf(await findId(day)),
        settings: await readSettings('templates'),
      });
    },
  };
}

async function findIndex(ids: readonly string[], isThere: (id: string) => Promise<boolean>): Promise<number> {
  for (const [index, id] of ids.entries()) {
    if (await isThere(id)) {
      return index;
    }
  }
  return -1;
}

/** The texts of one of Obsidian's files of settings. A day's note must not land elsewhere while it is being written. */
async function readSettingsFile(root: string, name: string): Promise<Record<string, string>> {
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

function createId(settings: Record<string, string>, day: Moment): string {
  const format = (settings['format'] ?? '').trim() || 'YYYY-MM-DD';
  if (format.length > longestFormat) {
    throw new VaultRefusal('invalid', 'The format of daily notes is too long.');
  }
  return withExtension(normalizePath(`${settings['folder'] ?? ''}/${day.format(format)}`));
}

function withExtension(path: string): string {
  return isNoteName(path) ? path : `${path}.md`;
}

// As Obsidian does: no slash at the ends or twice, no space that only looks like one.
function normalizePath(path: string): string {
  const names = normalizeText(path.replace(/[\u00a0\u202f]/g, ' '), 'NFC').split('/');
  return names
    .filter((name) => name.trim() !== '')
    .join('/')
    .trim();
}

const variable = /\{\{\s*(date|time|title)\s*(?::([^{}]*))?\}\}/gi;

function fillIn(
  template: string,
  { day, title, settings }: { day: Moment; title: string; settings: Record<string, string> },
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
