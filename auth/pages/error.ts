// The page of everything that went wrong: what it was, what one can do, and the code to give.
import type { ErrorName, Values } from '../../pages/words.ts';
import { createPage } from './pages.ts';

export interface ErrorData {
  about: ErrorName;
  values?: Values;
  /** The protocol's code and description, for whoever helps or made the app. */
  detail?: string | undefined;
  requestId?: string | undefined;
}

export const errorPage = createPage<ErrorData>('error');
