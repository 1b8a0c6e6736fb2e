// The pages of the first account: its form, and what a link says that makes no account any more.
import type { Fault } from '../../pages/words.ts';
import { createPage, fieldLimits } from './pages.ts';

/** The identity provider beside us, whose sign-in makes an account as well. */
export interface SetupProvider {
  name: string;
  /** Nobody could sign in with a password. */
  isOnlyWay: boolean;
  /** Where its button leads, and from there. */
  action: string;
  back: string;
}

export interface SetupData {
  action: string;
  provider?: SetupProvider | undefined;
  username?: string | undefined;
  fault?: Fault | undefined;
}

export const setupPage = createPage<SetupData>('setup', (data) => ({ ...data, limits: fieldLimits }));

/** With `hasAccount` the link has done its work; else a new one is to be had. */
export const setupOverPage = createPage<{ hasAccount: boolean; accountUrl: string; connectUrl: string }>(
  'setup-over',
);
