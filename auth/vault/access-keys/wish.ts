// What a new access key is to be, as a person or an operator says it, and making it.
import { hash, randomBytes } from 'node:crypto';
import { epochSeconds } from '../../../adapters/database/time.ts';
import type { AccessKeyStore } from '../../../adapters/stores/access-keys/access-keys.ts';
import type { VaultChoice } from '../access.ts';
import { longestFolder, type VaultDescription } from '../description.ts';
import { createKeyValue } from './value.ts';

export const keyLimits = { name: 100, days: 3650 } as const;
/** For whoever says nothing of it. */
export const defaultDays = 90;

export interface KeyWish extends VaultChoice {
  readonly accountId: string;
  /** As `readKeyName` gives it. */
  readonly name: string;
  /** Undefined for no end. */
  readonly days: number | undefined;
  /** The network that it is made from. */
  readonly madeFrom?: string | undefined;
  /** What one sending of a form is known by: sent again, it makes no second key. */
  readonly form?: string | undefined;
}

export type NameFault = 'nameMissing' | 'nameTooLong' | 'nameUnseen';

export function readKeyName(text: string): { readonly name: string } | { readonly fault: NameFault } {
  const name = text
    .slice(0, 10 * keyLimits.name)
    .normalize('NFC')
    .trim();
  if (name === '') return { fault: 'nameMissing' };
  if (name.length > keyLimits.name) return { fault: 'nameTooLong' };
  // Joiners are of emoji and of some scripts; all else that is not seen could make a name look like another.
  const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;
  return unseen.test(name.replace(/[\u200c\u200d]/g, '')) ? { fault: 'nameUnseen' } : { name };
}

/** A whole number of days, or `none` for no end; undefined for anything else. */
export function readDays(text: string): { readonly days: number | undefined } | undefined {
  if (text === 'none') return { days: undefined };
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return days >= 1 && days <= keyLimits.days ? { days } : undefined;
}

const toldFolders = { levels: 2, most: 500 };

/**
 * A folder as an operator types it, as keys hold it; undefined for what is none. Of `vault` the first levels are known: what
 * is not among them is a slip. What lies deeper is believed.
 */
export function readFolder(text: string, vault: VaultDescription | undefined): string | undefined {
  if (text.length > longestFolder) return undefined;
  const folder = text.normalize('NFC').replace(/\/$/, '');
  const names = folder.split('/');
  // loop-api takes no others (api/tokens/authorization-details.ts).
  if (/[\\\p{Cc}]/u.test(folder) || names.some((name) => name === '' || name.startsWith('.')))
    return undefined;
  if (!vault || vault.folders.length >= toldFolders.most) return folder;
  return vault.folders.includes(names.slice(0, toldFolders.levels).join('/')) ? folder : undefined;
}

/** The value is in what this resolves to, and nowhere else ever. Throws TooManyKeys, or KeyExists where the form was sent before. */
export async function makeKey(
  keys: Pick<AccessKeyStore, 'add'>,
  wish: KeyWish,
): Promise<{ readonly id: string; readonly value: string; readonly expiresAt: number | undefined }> {
  const { accountId, name, access, folders, days, madeFrom, form } = wish;
  const value = createKeyValue();
  // Of the account and the form: nobody takes the id of another's key.
  const id =
    form === undefined
      ? randomBytes(12).toString('hex')
      : hash('sha256', JSON.stringify([accountId, form]), 'hex').slice(0, 24);
  const expiresAt = days === undefined ? undefined : epochSeconds() + days * 24 * 3600;
  await keys.add(value, { id, accountId, name, access, folders, madeFrom, expiresAt });
  return { id, value, expiresAt };
}
