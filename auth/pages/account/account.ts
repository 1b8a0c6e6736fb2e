// The account page: which apps are connected, each with its way out.
import type { Words } from '../../../pages/words.ts';
import { createPage } from '../pages.ts';
import { type ShownDestination, showClient } from '../shown-client.ts';

export interface ShownApp {
  readonly clientName: string;
  /** Undefined where its registration is gone. */
  readonly destination: ShownDestination | undefined;
  readonly describedAt?: string | undefined;
  /** One that an operator made to act without a person. */
  readonly isProgram?: boolean | undefined;
}

/** Moments are in epoch seconds. */
export interface ShownConnection {
  readonly id: string;
  readonly since: number;
  readonly madeFrom?: string | undefined;
  readonly lastCalledAt?: number | undefined;
  readonly callsThisWeek: number;
  /** What of other servers it may use, by their names in each language. */
  readonly served?: ReadonlyArray<{ readonly en?: string | undefined; readonly ko?: string | undefined }>;
  /** Undefined where it gives nothing of the vault. */
  readonly detail?: ShownDetail | undefined;
}

interface ShownDetail {
  readonly actions: ReadonlyArray<'read' | 'write'>;
  readonly folders?: readonly string[] | undefined;
  readonly withheld?: readonly 'write'[] | undefined;
}

export interface AccountData {
  formAction: string;
  /** Connections of one app together, the newest first. */
  apps: ReadonlyArray<ShownApp & { readonly connections: readonly ShownConnection[] }>;
  isLaterPage: boolean;
  newestHref: string;
  activityHref: string;
  securityHref: string;
  keysHref: string;
  /** Apart from apps: nobody let them in by signing in. */
  keys: ReadonlyArray<{ readonly name: string; readonly lastUsedAt: number | undefined }>;
  olderHref?: string | undefined;
}

export const accountPage = createPage<AccountData>('account', (data, words) => ({
  ...data,
  apps: data.apps.map((app) => ({
    ...app,
    ...showClient(app, words),
    connections: app.connections.map((connection) => describeConnection(connection, words)),
  })),
}));

// A person knows their vault: the first folders tell which choice it was.
const mostFolders = 5;

/** What a person reads of one connection, for a page. */
export function describeConnection(
  { detail, madeFrom, served = [], ...connection }: ShownConnection,
  words: Words,
): object {
  const folders = detail?.folders ?? [];
  return {
    ...connection,
    network: describeNetwork(madeFrom),
    may: describeAccess(detail, served, words),
    mayWrite: detail?.actions.includes('write') ?? false,
    isWithheld: detail?.withheld?.includes('write') ?? false,
    isVault: detail !== undefined,
    isNarrowed: detail?.folders !== undefined,
    folders: folders.slice(0, mostFolders),
    moreFolders: Math.max(0, folders.length - mostFolders),
  };
}

function describeAccess(
  detail: ShownDetail | undefined,
  served: NonNullable<ShownConnection['served']>,
  words: Words,
): string {
  const names = served.map((said) => said[words.language] ?? said.en ?? '').join(', ');
  const use = names === '' ? [] : [words.text('account.mayUse', { what: names })];
  const own = detail || use.length === 0 ? [words.text(accessOf(detail))] : [];
  return [...own, ...use].join('; ');
}

function accessOf(detail: ShownDetail | undefined) {
  if (!detail) return 'account.maySignIn';
  return detail.actions.includes('write') ? 'account.mayWrite' : 'account.mayRead';
}

/** Of an IPv6 address the half is kept that a household has (http/limits/network.ts). */
export function describeNetwork(network: string | undefined): string | undefined {
  if (network === undefined || network === 'none') return undefined;
  return network.includes(':') ? `${network}::/64` : network;
}
