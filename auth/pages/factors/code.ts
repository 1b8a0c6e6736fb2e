// The second page of a sign-in: the code from the phone, or one from paper.
import type { Fault } from '../../../pages/words.ts';
import { createPage } from '../pages.ts';

export interface CodeData {
  readonly action: string;
  readonly username: string;
  /** How the answer is known again. */
  readonly step: string;
  readonly isRecovery: boolean;
  /** Who has said who it is, where that was no password. */
  readonly provider?: string | undefined;
  /** Of a page of our own: the path and query to go on at. */
  readonly back?: string | undefined;
  readonly fault?: Fault | undefined;
}

export const codePage = createPage<CodeData>('factors/code');
