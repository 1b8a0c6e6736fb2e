// The page on which a passkey is added, or which says why none can be.
import type { Fault } from '../../../pages/words.ts';
import { createPage, fieldLimits } from '../pages.ts';

export interface AddPasskeyData {
  readonly formAction: string;
  readonly back: string;
  /** What the browser is asked with, as JSON; absent where there can be none. */
  readonly options?: string;
  readonly whyNot?: 'plainHttp' | 'address';
  readonly name?: string;
  readonly fault?: Fault | undefined;
}

export const addPasskeyPage = createPage<AddPasskeyData>('factors/add-passkey', (data) => ({
  ...data,
  limits: fieldLimits,
}));
