// The pages of signing out.
import { createPage } from './pages.ts';

/**
 * Confirms an RP-initiated logout. "Sign out" sends `logout=yes` and "Cancel" sends no `logout`,
 * as oidc-provider's end-session confirmation reads it; `hiddenFields` carries the rest (its `xsrf`).
 */
export const signOutPage = createPage<{ action: string; hiddenFields: Record<string, string> }>('sign-out');

export const signedOutPage = createPage<object>('signed-out');
