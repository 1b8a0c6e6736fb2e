// What went wrong, and what to do then.
import type { WordKey } from '../../pages/words.ts';
import { createPage } from './pages.ts';

/** What pages have words for, in `faultPages`. */
export type FaultName = WordKey extends infer Key
  ? Key extends `faultPages.${infer Name}.title`
    ? Name
    : never
  : never;

export interface FaultData {
  about: FaultName;
  /** Where the log says more. */
  requestId?: string | undefined;
  /** Where to try again, where that is not this very page. */
  againUrl?: string | undefined;
  /** Where what was asked for is searched. */
  searchUrl?: string | undefined;
  /** Where all changes are. */
  changesUrl?: string | undefined;
  /** What whoever runs the server can type in a terminal. */
  command?: string | undefined;
}

export const faultPage = createPage<FaultData>('fault');
