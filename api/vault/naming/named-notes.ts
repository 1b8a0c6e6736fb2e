// Which note a name means: what is written exactly so wins; case, slashes, folder and extension are forgiven where one note fits.
import { VaultRefusal } from '../errors.ts';
import { foldName, withoutExtension } from '../notes/name.ts';
import { isVisibleName } from '../notes/path.ts';
import { normalizeText } from '../unicode.ts';
import { listSome } from './list-some.ts';
import type { NoteReference } from './reference.ts';

/** What the index knows of names. */
export interface KnownNames {
  /** The ids of notes whose path ends with `path`, whatever the case; whole paths and short ones first. */
  endingWith(path: string): { ids: string[]; count: number };
  /** The ids of notes that have this alias, whatever the case. */
  aliased(alias: string): string[];
  /** The ids of notes that have this title, whatever the case. */
  titled(title: string): string[];
}

/** Those that a name fits equally well: the first of them, and how many there are. */
interface Candidates {
  ids: readonly string[];
  count: number;
}

/** A name that several notes have. */
class NoteAmbiguous extends VaultRefusal {
  override readonly name = 'NoteAmbiguous';
  constructor({ ids, count }: Candidates) {
    super('invalid', `${count} notes have this name; give the id of one: ${listSome(ids, count)}.`);
  }
}

/** The only note that the first reference with any means, and the part of it. Throws NoteAmbiguous. */
export function findNamedNote(
  references: readonly NoteReference[],
  names: KnownNames,
): { id: string; part: string } | undefined {
  const found = findFirst(references, names);
  const [id] = found?.ids ?? [];
  if (found === undefined || id === undefined) return undefined;
  if (found.count > 1) throw new NoteAmbiguous(found);
  return { id, part: found.part };
}

/** What to say to somebody who needs an exact id and gave a name: a sentence after a space, or nothing. */
export function suggestIds(references: readonly NoteReference[], names: KnownNames): string {
  const found = findFirst(references, names);
  return found === undefined ? '' : ` Is it ${listSome(found.ids, found.count)} that is meant?`;
}

/** A path is nearer to what was written than an alias or a title, however it has to be read. */
function findFirst(
  references: readonly NoteReference[],
  names: KnownNames,
): (Candidates & { part: string }) | undefined {
  for (const find of [findByPath, findByAlias, findByTitle]) {
    for (const { name, part } of references) {
      const found = find(name, names);
      if (found.count > 0) return { ...found, part };
    }
  }
  return undefined;
}

function findByPath(name: string, names: KnownNames): Candidates {
  const path = cleanPath(name);
  if (path === undefined) return { ids: [], count: 0 };
  const bare = withoutExtension(path);
  const { ids, count } = names.endingWith(bare);
  const whole = ids.filter((id) => foldName(withoutExtension(id)) === foldName(bare));
  const exactEnds = ids.filter((id) => withoutExtension(id).endsWith(`/${bare}`));
  for (const group of [whole.filter((id) => withoutExtension(id) === bare), whole, exactEnds]) {
    const fitting = withExtensionOf(path, group);
    if (fitting.length > 0) return { ids: fitting, count: fitting.length };
  }
  return { ids, count };
}

function findByAlias(name: string, names: KnownNames): Candidates {
  const ids = names.aliased(normalizeText(name.trim(), 'NFC'));
  return { ids, count: ids.length };
}

/** Results of a search are told by their titles. */
function findByTitle(name: string, names: KnownNames): Candidates {
  const ids = names.titled(normalizeText(name.trim(), 'NFC'));
  return { ids, count: ids.length };
}

/** Those with the extension that `path` has, where there are any. */
function withExtensionOf(path: string, ids: string[]): string[] {
  const extension = path.slice(withoutExtension(path).length).toLowerCase();
  const same = ids.filter((id) => extension !== '' && id.toLowerCase().endsWith(extension));
  return same.length > 0 ? same : ids;
}

/** With `/` and nothing but names between; undefined for what could lead elsewhere. */
function cleanPath(name: string): string | undefined {
  const segments = normalizeText(name.trim(), 'NFC').replaceAll('\\', '/').split('/');
  const named = segments.filter((segment) => segment !== '' && segment !== '.');
  return named.length > 0 && named.every(isVisibleName) ? named.join('/') : undefined;
}
