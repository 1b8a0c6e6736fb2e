// Every page of loop-auth: typed data in, one complete HTML document out. The templates lie beside this file.
// The room: what each page of loop-auth says. Not the look, which both services share: pages/ at the top.
import { displayHost, displayName } from '../../pages/display-name.ts';
import { createTemplates } from '../../pages/templates.ts';

/**
 * What the forms let a person type. The password's upper limit is far away on purpose: browsers cut a
 * pasted password at `maxlength` without a word, and the account would open with nothing one remembers.
 */
export const fieldLimits = { username: 64, passwordLeast: 10, password: 1024 };

const createPage = createTemplates(import.meta.dirname);

const renderSignIn = createPage('sign-in');
const renderConsent = createPage('consent');
const renderSetup = createPage('setup');
const renderSetupDone = createPage('setup-done');
const renderError = createPage('error');
const renderSignOut = createPage('sign-out');
const renderSignedOut = createPage('signed-out');
const renderAccount = createPage('account');

/** Where an app's answer goes: a host, this very device, or an app on it that opens links of the scheme `name`. */
interface ShownDestination {
  readonly kind: 'web' | 'device' | 'app';
  readonly name: string;
}

export interface SignInData {
  action: string;
  /** Absent where nobody but loop asks, as before the account page. */
  clientName?: string | undefined;
  destination?: ShownDestination | undefined;
  /** True where the app asks who the person is and for nothing of the vault. */
  isSignInOnly?: boolean;
  /** Of an app that is known by a document of its own, the host that the document was read from. */
  describedAt?: string | undefined;
  username?: string | undefined;
  error?: string | undefined;
}

export function signInPage(data: SignInData): string {
  return renderSignIn({ ...data, ...showClient(data), limits: fieldLimits });
}

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
  scopes: ReadonlyArray<{ name: string; description: string }>;
}

export function consentPage(data: ConsentData): string {
  return renderConsent({ ...data, ...showClient(data), clientSite: readSite(data.clientUri) });
}

export interface SetupData {
  action: string;
  username?: string | undefined;
  error?: string | undefined;
}

export function setupPage(data: SetupData): string {
  return renderSetup({ ...data, limits: fieldLimits });
}

export function setupDonePage(data: { mcpUrl: string }): string {
  return renderSetupDone({ ...data, isPublic: isPublicUrl(data.mcpUrl) });
}

export interface ErrorData {
  title: string;
  message: string;
  hint?: string | undefined;
  requestId?: string | undefined;
}

export function errorPage(data: ErrorData): string {
  return renderError(data);
}

/**
 * Confirms an RP-initiated logout. "Sign out" sends `logout=yes` and "Cancel" sends no `logout`,
 * as oidc-provider's end-session confirmation reads it; `hiddenFields` carries the rest (its `xsrf`).
 */
export function signOutPage(data: { action: string; hiddenFields: Record<string, string> }): string {
  return renderSignOut(data);
}

export function signedOutPage(): string {
  return renderSignedOut({});
}

export interface AccountData {
  username: string;
  /** Dates come ready to read. */
  connections: ReadonlyArray<{
    id: string;
    clientName: string;
    redirectHost: string;
    describedAt?: string | undefined;
    since: string;
    lastUsed?: string | undefined;
  }>;
  revokeAction: string;
  signOutAction: string;
}

export function accountPage(data: AccountData): string {
  const connections = data.connections.map((connection) => ({ ...connection, ...showClient(connection) }));
  return renderAccount({ ...data, connections });
}

interface ShownClient {
  readonly clientName?: string | undefined;
  readonly destination?: ShownDestination | undefined;
  readonly redirectHost?: string | undefined;
  readonly describedAt?: string | undefined;
}

function showClient({ clientName, destination, redirectHost, describedAt }: ShownClient): object {
  return {
    ...(clientName !== undefined && { clientName: displayName(clientName) }),
    ...(destination && { destination: { ...destination, name: displayHost(destination.name) } }),
    ...(redirectHost !== undefined && { redirectHost: displayHost(redirectHost) }),
    ...(describedAt !== undefined && { describedAt: displayHost(describedAt) }),
  };
}

/** Only the host of a web address is worth showing; it is text, never a link, since nobody vouches for it. */
function readSite(clientUri: string | undefined): string | undefined {
  const url = URL.parse(clientUri ?? '');
  return url && /^https?:$/.test(url.protocol) ? displayHost(url.host) : undefined;
}

/** Whether an app on the web could reach it, as far as the address alone can say. */
function isPublicUrl(address: string): boolean {
  const url = URL.parse(address);
  return (
    url?.protocol === 'https:' &&
    !/^(localhost|127\..*|\[::1\]|.*\.(localhost|local|internal))$/.test(url.hostname)
  );
}
