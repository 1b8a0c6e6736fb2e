// The pages of access keys: what there is and the form for a new one; and the one page that ever shows a key.
import type { WordKey, Words } from '../../../pages/words.ts';
import { listFolders, type ShownChoice } from '../consent.ts';
import { createPage } from '../pages.ts';
import { describeNetwork } from './account.ts';

/** Moments are in epoch seconds. */
interface ShownKey {
  readonly id: string;
  readonly name: string;
  readonly access: 'read' | 'write';
  readonly folders: readonly string[] | undefined;
  readonly madeFrom: string | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

export type KeyFault = keyof typeof faults;

export interface KeysData {
  readonly formAction: string;
  readonly accountHref: string;
  readonly keys: readonly ShownKey[];
  readonly now: number;
  readonly most: { readonly name: number; readonly days: number };
  /** What this form is known by when it is sent twice. */
  readonly form: string;
  /** What loop-api said of the vault; undefined where it never said anything. */
  readonly vault: { readonly isWritable: boolean; readonly folders: readonly string[] } | undefined;
  readonly chosen: ShownChoice & { readonly name: string; readonly days: string };
  readonly fault: KeyFault | undefined;
}

const faults = {
  nameMissing: 'keys.faults.nameMissing',
  nameTooLong: 'keys.faults.nameTooLong',
  nameUnseen: 'keys.faults.nameUnseen',
  days: 'keys.faults.days',
  tooMany: 'keys.faults.tooMany',
  access: 'consent.faults.access',
  reach: 'consent.faults.reach',
  noFolder: 'consent.faults.noFolder',
  unknownFolder: 'consent.faults.unknownFolder',
} as const satisfies Record<string, WordKey>;

const ofName: readonly KeyFault[] = ['nameMissing', 'nameTooLong', 'nameUnseen'];
const offeredDays = ['30', '90', '365'];

export const keysPage = createPage<KeysData>('keys/keys', (data, words) => {
  const { keys, chosen, vault, now, fault, most } = data;
  const days = readOffered(chosen.days);
  return {
    ...data,
    keys: keys.map((key) => ({
      ...key,
      ...describeKey(key, words),
      network: describeNetwork(key.madeFrom),
      isOver: key.expiresAt !== undefined && key.expiresAt <= now,
    })),
    days: days.map((value) => ({ value, isChosen: value === chosen.days })),
    isWritable: vault?.isWritable ?? true,
    // Where it was not writable when the form was made, writing can't be marked.
    access: vault?.isWritable === false ? 'read' : chosen.access,
    folders: vault ? listFolders({ vault, chosen }) : [],
    faultKey: fault && faults[fault],
    faultValues: { most: most.name, days: most.days },
    isNameWrong: fault !== undefined && ofName.includes(fault),
  };
});

/** What was said before is among what there is to choose from. */
function readOffered(days: string): string[] {
  const own = /^[1-9]\d{0,3}$/.test(days) && !offeredDays.includes(days) ? [days] : [];
  return [...own, ...offeredDays].sort((one, other) => Number(one) - Number(other));
}

export interface MadeKeyData {
  readonly name: string;
  readonly value: string;
  readonly access: 'read' | 'write';
  readonly folders?: readonly string[] | undefined;
  readonly expiresAt: number | undefined;
  /** The MCP URL. */
  readonly resource: string;
  readonly keysHref: string;
  readonly accountHref: string;
}

export const madeKeyPage = createPage<MadeKeyData>('keys/made', (data, words) => {
  const { resource, value } = data;
  const api = resource.replace(/\/mcp$/, '/api');
  const option = `--header "Authorization: Bearer ${value}"`;
  return {
    ...data,
    ...describeKey(data, words),
    header: `Authorization: Bearer ${value}`,
    option,
    curl: `curl ${option} "${api}/search?query=coffee"`,
  };
});

function describeKey({ access, folders = [] }: Pick<MadeKeyData, 'access' | 'folders'>, words: Words) {
  return {
    may: words.text(access === 'write' ? 'account.mayWrite' : 'account.mayRead'),
    isNarrowed: folders.length > 0,
    folders,
  };
}
