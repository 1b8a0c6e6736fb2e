// Daily notes as Obsidian's own plugin keeps them: which note is a day's, and what a new one says.
import type { Moment } from 'moment';
import { VaultRefusal } from '../errors.ts';
import { findOpenPlace, type HiddenFiles } from '../hidden/hidden-files.ts';
import { nameOf } from '../notes/name.ts';
import {
  fillIn,
  longestFormat,
  normalizePath,
  readSettingsFile,
  readTemplateNote,
  withExtension,
} from './filled-template.ts';
import { languages, onDate, readMoment } from './moments.ts';
import { createTemplates, type Templates } from './templates.ts';

export interface DailyNotes {
  /**
   * The id of the day's note that `daily:today` or `daily:2026-11-26` means, whether or not it is there; undefined where
   * `name` is no day. Throws VaultRefusal.
   */
  findDailyNote(name: string): Promise<string | undefined>;
  /** What its template says, for a new one; '' where there is none. Throws VaultRefusal. */
  createText(name: string): Promise<string>;
  /** Those for any other note. */
  templates: Templates;
}

export interface DailyNotesOptions {
  /** The vault's real path. */
  root: string;
  hidden: HiddenFiles;
  /** An IANA time zone. */
  timeZone: string | undefined;
}

const named = /^\s*daily:(today|\d{4}-\d\d-\d\d)\s*$/i;
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
    return (template.trim() === '' ? undefined : await readTemplateNote(root, id, hidden)) ?? '';
  }

  return {
    templates: createTemplates({ root, hidden, timeZone }),
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

function createId(settings: Record<string, string>, day: Moment): string {
  const format = (settings['format'] ?? '').trim() || 'YYYY-MM-DD';
  if (format.length > longestFormat) {
    throw new VaultRefusal('invalid', 'The format of daily notes is too long.');
  }
  return withExtension(normalizePath(`${settings['folder'] ?? ''}/${day.format(format)}`));
}
