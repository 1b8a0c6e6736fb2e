// What a person can choose on the page of consent, and what their answer says.
import type { VaultChoice } from '../../vault/access.ts';
import { longestFolder, type VaultDescription } from '../../vault/description.ts';

/** What there is to choose from. */
export interface Offer {
  /** Whether the app asks to change notes. */
  readonly asksToWrite: boolean;
  /** What loop-api said of its vault; undefined where it never said anything. */
  readonly vault: VaultDescription | undefined;
}

/** Why an answer can't be taken; pages have the words. */
export type ChoiceFault = 'access' | 'reach' | 'noFolder' | 'unknownFolder';

/** The fields `access`, `reach` and `folders` of the form, each as often as it was sent. */
export interface ChoiceForm {
  readonly access: readonly string[];
  readonly reach: readonly string[];
  readonly folders: readonly string[];
}

/** Reads the raw form: parsers made for all forms take a long list for an attack. */
export function readChoiceForm(body: string): ChoiceForm {
  const form = new URLSearchParams(body);
  return { access: form.getAll('access'), reach: form.getAll('reach'), folders: form.getAll('folders') };
}

/** What is chosen where the form says nothing of it: what was asked for, as far as the vault allows it. */
export function defaultAccess({ asksToWrite, vault }: Offer): VaultChoice['access'] {
  return asksToWrite && vault?.isWritable !== false ? 'write' : 'read';
}

export function readChoice(form: ChoiceForm, offer: Offer): VaultChoice | { readonly fault: ChoiceFault } {
  const access = readOne(form.access, ['read', 'write'], defaultAccess(offer));
  const reach = readOne(form.reach, ['all', 'some'], 'all');
  if (access === undefined) return { fault: 'access' };
  if (reach === undefined) return { fault: 'reach' };
  // A vault that can't be changed gives nothing to change, whatever the form says.
  const given = access === 'write' ? defaultAccess(offer) : 'read';
  if (reach === 'all') return { access: given };
  const folders = form.folders.map((folder) =>
    folder.length <= longestFolder ? folder.normalize('NFC') : folder,
  );
  if (folders.length === 0) return { fault: 'noFolder' };
  const isThere = (folder: string): boolean => offer.vault?.folders.includes(folder) ?? false;
  return folders.every(isThere) ? { access: given, folders } : { fault: 'unknownFolder' };
}

function readOne<Value extends string>(
  sent: readonly string[],
  known: readonly Value[],
  otherwise: Value,
): Value | undefined {
  if (sent.length === 0) return otherwise;
  return sent.length === 1 ? known.find((value) => value === sent[0]) : undefined;
}
