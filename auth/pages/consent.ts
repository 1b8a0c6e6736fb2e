// The consent page: what an app is, where it leads and what it may do.
import { displayHost } from '../../pages/display-name.ts';
import type { WordKey, Words } from '../../pages/words.ts';
import { createPage } from './pages.ts';
import { type ShownDestination, showClient } from './shown-client.ts';

export interface ConsentData {
  action: string;
  clientName: string;
  clientUri?: string | undefined;
  /** True of an app that an operator made: its name is not the app's own word. */
  isNamedByOperator?: boolean;
  destination: ShownDestination;
  describedAt?: string | undefined;
  accountName: string;
  /** Beside those of the vault. */
  scopes: readonly string[];
  /** What is asked for of other servers. */
  served?: readonly ShownServed[];
  /** Undefined where nothing of the vault is asked for. */
  vault?: ShownVault | undefined;
  /** What the same person gave the same app last; `since` in epoch seconds. */
  before?: { readonly since: number; readonly detail?: ShownDetail | undefined } | undefined;
  /** After so long without use the connection ends; undefined where it lasts for one access token only. */
  lastsSeconds?: number | undefined;
  /** Why the answer could not be taken. */
  fault?: 'access' | 'reach' | 'noFolder' | 'unknownFolder' | undefined;
}

/** Names and words are an operator's, by language; a scope without words is shown by its name. */
export interface ShownServed {
  readonly resource: string;
  readonly names: Said;
  readonly scopes: ReadonlyArray<{ readonly scope: string; readonly words: Said }>;
}

interface Said {
  readonly en?: string | undefined;
  readonly ko?: string | undefined;
}

interface ShownVault {
  readonly asksToWrite: boolean;
  /** Undefined where loop-api has not said anything yet. */
  readonly vault?: { readonly isWritable: boolean; readonly folders: readonly string[] } | undefined;
  readonly chosen: ShownChoice;
}

/** What is marked. */
export interface ShownChoice {
  readonly access: 'read' | 'write';
  readonly reach: 'all' | 'some';
  readonly folders: readonly string[];
}

interface ShownDetail {
  readonly actions: ReadonlyArray<'read' | 'write'>;
  readonly folders?: readonly string[];
}

export const consentPage = createPage<ConsentData>('consent', (data, words) => {
  const { vault, before, lastsSeconds, served = [] } = data;
  const inWords = served.map((one) => describeServed(one, words));
  return {
    ...data,
    served: inWords,
    ...titleOf(data, inWords),
    ...showClient(data, words),
    clientSite: readSite(data.clientUri),
    learns: describeScopes(data.scopes, words),
    caution: cautions[data.destination.kind],
    faultKey: data.fault && faults[data.fault],
    isWritable: vault?.vault?.isWritable ?? true,
    access: vault?.chosen.access,
    reach: vault?.chosen.reach,
    folders: vault ? listFolders(vault) : [],
    beforeGave: before?.detail && describeBefore(before.detail, words),
    days: lastsSeconds === undefined ? undefined : Math.ceil(lastsSeconds / daySeconds),
  };
});

interface ServedInWords {
  readonly name: string;
  readonly resource: string;
  readonly scopes: readonly string[];
}

function describeServed({ resource, names, scopes }: ShownServed, { language }: Words): ServedInWords {
  return {
    name: names[language] ?? names.en ?? resource,
    resource,
    scopes: scopes.map(({ scope, words }) => words[language] ?? words.en ?? scope),
  };
}

function titleOf({ vault }: ConsentData, served: readonly ServedInWords[]): object {
  if (vault) return { titleKey: 'consent.title', headingKey: 'consent.heading', what: '' };
  if (served.length === 0)
    return { titleKey: 'consent.titleSignIn', headingKey: 'consent.headingSignIn', what: '' };
  const what = served.map(({ name }) => name).join(', ');
  return { titleKey: 'consent.title', headingKey: 'consent.headingServed', what };
}

const daySeconds = 24 * 3600;

const cautions = {
  web: 'consent.webCaution',
  device: 'consent.deviceCaution',
  app: 'consent.appCaution',
  terminal: 'device.caution',
} as const satisfies Record<ShownDestination['kind'], WordKey>;

const faults = {
  access: 'consent.faults.access',
  reach: 'consent.faults.reach',
  noFolder: 'consent.faults.noFolder',
  unknownFolder: 'consent.faults.unknownFolder',
} as const satisfies Record<NonNullable<ConsentData['fault']>, WordKey>;

const gave = {
  read: { all: 'consent.beforeRead', some: 'consent.beforeReadIn' },
  write: { all: 'consent.beforeWrite', some: 'consent.beforeWriteIn' },
} as const satisfies Record<'read' | 'write', Record<'all' | 'some', WordKey>>;

/** In the order of a list of files: each below the one that it lies in. */
export function listFolders({ vault, chosen }: Pick<ShownVault, 'vault' | 'chosen'>): object[] {
  const inOrder = new Intl.Collator('ko', { numeric: true });
  const byPlace = (one: string, other: string): number => {
    const [ones, others] = [one.split('/'), other.split('/')];
    const at = ones.findIndex((name, index) => name !== others[index]);
    return at < 0 ? ones.length - others.length : inOrder.compare(ones[at] ?? '', others[at] ?? '');
  };
  return [...(vault?.folders ?? [])].sort(byPlace).map((path) => ({
    path,
    depth: path.split('/').length,
    isChosen: chosen.folders.includes(path),
  }));
}

function describeBefore({ actions, folders }: ShownDetail, words: Words): string {
  const { all, some } = gave[actions.includes('write') ? 'write' : 'read'];
  return folders ? words.text(some, { folders: folders.join(', ') }) : words.text(all);
}

const scopeWords: Readonly<Record<string, WordKey>> = {
  openid: 'scopes.openid',
  profile: 'scopes.profile',
};

/** In the order of this file; a scope without words of its own is shown by its name. */
function describeScopes(scopes: readonly string[], words: Words): string {
  const known = Object.keys(scopeWords).filter((name) => scopes.includes(name));
  const others = scopes.filter((name) => !(name in scopeWords));
  return [...known, ...others].map((name) => wordsOr(name, scopeWords[name], words)).join(', ');
}

function wordsOr(name: string, key: WordKey | undefined, words: Words): string {
  return key === undefined ? name : words.text(key);
}

/** Only the host of a web address is worth showing; it is text, never a link, since nobody vouches for it. */
function readSite(clientUri: string | undefined): string | undefined {
  const url = URL.parse(clientUri ?? '');
  return url && /^https?:$/.test(url.protocol) ? displayHost(url.host) : undefined;
}
