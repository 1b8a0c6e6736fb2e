// The pages of the first account: its form, and what a link says that makes no account any more.
import type { Fault } from '../../pages/words.ts';
import { createPage, fieldLimits } from './pages.ts';

export interface SetupData {
  action: string;
  username?: string | undefined;
  fault?: Fault | undefined;
}

export const setupPage = createPage<SetupData>('setup', (data) => ({ ...data, limits: fieldLimits }));

/** With `hasAccount` the link has done its work; else a new one is to be had. */
export const setupOverPage = createPage<{ hasAccount: boolean; accountUrl: string; connectUrl: string }>(
  'setup-over',
);
