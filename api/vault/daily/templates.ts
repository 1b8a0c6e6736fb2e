// The templates of the vault as Obsidian's own plugin has them: the notes of one folder, by their names there.
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VaultRefusal } from '../errors.ts';
import type { HiddenFiles } from '../hidden/hidden-files.ts';
import { listSome } from '../naming/list-some.ts';
import { foldName, nameOf, withoutExtension } from '../notes/name.ts';
import { findFolderWays, isNoteName, isVisibleName } from '../notes/path.ts';
import { normalizeText } from '../unicode.ts';
import {
  fillIn,
  normalizePath,
  readSettingsFile,
  readTemplateNote,
  withExtension,
} from './filled-template.ts';
import { readMoment } from './moments.ts';

export interface Templates {
  /**
   * What the template `name` says for the new note `id`, as of now. Throws VaultRefusal, with the names that there are,
   * where it is none of them.
   */
  createText(name: string, id: string): Promise<string>;
}

export interface TemplatesOptions {
  /** The vault's real path. */
  root: string;
  hidden: HiddenFiles;
  /** An IANA time zone. */
  timeZone: string | undefined;
}

/** A name that no template has; said alike whether there is such a folder or not. */
class TemplateNotFound extends VaultRefusal {
  override readonly name = 'TemplateNotFound';
  constructor(given: string, names: readonly string[]) {
    const has = names.length === 0 ? 'There are none.' : `There are ${listSome(names)}.`;
    super(
      'invalid',
      `There is no template ${JSON.stringify(given.slice(0, 200))} in the vault's template folder. ${has}`,
    );
  }
}

/** Templates, and folders in each other: more are not looked at. */
const mostTemplates = 1000;
const deepest = 8;

export function createTemplates({ root, hidden, timeZone }: TemplatesOptions): Templates {
  return {
    createText: async (given, id) => {
      const settings = await readSettingsFile(root, 'templates');
      const folder = normalizePath(settings['folder'] ?? '');
      await hidden.refresh();
      const names = folder === '' ? [] : await listTemplates(root, folder, hidden);
      const name = findName(names, given, folder);
      const text = name && (await readTemplateNote(root, `${folder}/${withExtension(name)}`, hidden));
      if (text === undefined) {
        throw new TemplateNotFound(given, names.map(withoutExtension));
      }
      return fillIn(text, { day: readMoment(timeZone), title: nameOf(id), settings });
    },
  };
}

/** With or without extension, or by the whole path; in another case where that fits one alone. */
function findName(names: readonly string[], given: string, folder: string): string | undefined {
  const path = normalizePath(given);
  const isWhole = foldName(path).startsWith(`${foldName(folder)}/`);
  const wanted = withoutExtension(isWhole ? path.slice(folder.length + 1) : path);
  const exact = names.filter((one) => withoutExtension(one) === wanted);
  const folded = names.filter((one) => foldName(withoutExtension(one)) === foldName(wanted));
  const [name] = exact.length > 0 ? exact : folded;
  return exact.length > 0 || folded.length === 1 ? name : undefined;
}

/** Paths below `folder` of the notes in it that are shown. */
async function listTemplates(root: string, folder: string, hidden: HiddenFiles): Promise<string[]> {
  const segments = folder.split('/');
  // Before the disk is asked: how long that takes tells whether something is there.
  if (hidden.isHiddenFolder(folder) || !segments.every(isVisibleName)) {
    return [];
  }
  const ways = await findFolderWays(root, segments);
  const way = ways.find(({ length }) => length === segments.length);
  const names = way === undefined ? [] : await listNotes(join(root, ...way), '', 1);
  const paths = new Map(names.map((name) => [`${folder}/${name}`, name]));
  const hiddenPaths = hidden.findHidden([...paths.keys()]);
  return [...paths].filter(([path]) => !hiddenPaths.has(path)).map(([, name]) => name);
}

async function listNotes(directory: string, above: string, depth: number): Promise<string[]> {
  const entries: Dirent[] = await readdir(directory, { withFileTypes: true }).catch(() => []);
  let found: string[] = [];
  for (const entry of entries.filter(({ name }) => isVisibleName(name))) {
    const name = above + normalizeText(entry.name, 'NFC');
    if (entry.isDirectory() && depth < deepest) {
      found = found.concat(await listNotes(join(directory, entry.name), `${name}/`, depth + 1));
    } else if (isNoteName(entry.name)) {
      found.push(name);
    }
    if (found.length >= mostTemplates) {
      break;
    }
  }
  return found.slice(0, mostTemplates).sort();
}
