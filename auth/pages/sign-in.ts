// The sign-in page: for an app, or for a page of our own.
import type { Fault } from '../../pages/words.ts';
import { createPage, fieldLimits } from './pages.ts';
import { type ShownDestination, showClient } from './shown-client.ts';

export interface SignInData {
  action: string;
  /** Absent where nobody but loop asks, as before the account page. */
  clientName?: string | undefined;
  destination?: ShownDestination | undefined;
  /** True where the app asks who the person is and for nothing of the vault. */
  isSignInOnly?: boolean;
  /** Of an app that is known by a document of its own, the host that the document was read from. */
  describedAt?: string | undefined;
  /** Of a page of our own: the path and query to go on at. */
  back?: string | undefined;
  /** True where somebody is signed in and is asked for the password once more. */
  isAgain?: boolean;
  /** For the browser, where it may be signed in with a passkey: JSON. */
  passkeyOptions?: string | undefined;
  /** The identity provider that one may sign in by; `isAnew` where it is to ask who one is whatever it knows. */
  provider?: { readonly name: string; readonly isAnew: boolean } | undefined;
  /** There is no password to type. */
  isPasswordless?: boolean | undefined;
  username?: string | undefined;
  fault?: Fault | undefined;
}

export const signInPage = createPage<SignInData>('sign-in', (data, words) => ({
  ...data,
  ...showClient(data, words),
  limits: fieldLimits,
}));
