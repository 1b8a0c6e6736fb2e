// OpenID Connect RP-Initiated Logout pages: the browser forgets who it was, connections go on.
import type { KoaContextWithOIDC } from 'oidc-provider';
import { showPage } from '../http/frame.ts';
import { signedOutPage, signOutPage } from '../pages/sign-out.ts';

/** The library has put its own token against cross-site posts into the session; the form gives it back. */
export async function logoutSource(ctx: KoaContextWithOIDC): Promise<void> {
  const state = (ctx.oidc.session as { state?: { secret?: string } } | undefined)?.state;
  const hiddenFields = { xsrf: String(state?.secret ?? '') };
  showPage(ctx, signOutPage, { action: ctx.oidc.urlFor('end_session_confirm'), hiddenFields });
}

export async function postLogoutSuccessSource(ctx: KoaContextWithOIDC): Promise<void> {
  showPage(ctx, signedOutPage, {});
}
