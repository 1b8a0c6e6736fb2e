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
  isSignInOnly?: boolean;
  accountName: string;
  scopes: readonly string[];
}

export const consentPage = createPage<ConsentData>('consent', (data, words) => ({
  ...data,
  ...showClient(data, words),
  clientSite: readSite(data.clientUri),
  scopes: describeScopes(data.scopes, words),
}));

const scopeWords: Readonly<Record<string, WordKey>> = {
  'vault.read': 'scopes.vaultRead',
  'vault.write': 'scopes.vaultWrite',
  openid: 'scopes.openid',
  profile: 'scopes.profile',
  offline_access: 'scopes.offlineAccess',
};

/** In the order of this file; a scope without words of its own is shown by its name. */
function describeScopes(
  scopes: readonly string[],
  words: Words,
): Array<{ name: string; description: string }> {
  const known = Object.keys(scopeWords).filter((name) => scopes.includes(name));
  const others = scopes.filter((name) => !(name in scopeWords));
  return [...known, ...others].map((name) => {
    const key = scopeWords[name];
    return { name, description: key === undefined ? name : words.text(key) };
  });
}

/** Only the host of a web address is worth showing; it is text, never a link, since nobody vouches for it. */
function readSite(clientUri: string | undefined): string | undefined {
  const url = URL.parse(clientUri ?? '');
  return url && /^https?:$/.test(url.protocol) ? displayHost(url.host) : undefined;
}
