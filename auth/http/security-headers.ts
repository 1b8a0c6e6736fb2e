// Headers that every answer carries.
import type { Middleware } from 'koa';
import { passkeyPolicy, permissionsPolicy } from '../../pages/policy.ts';

/** No Cross-Origin-Opener-Policy: apps open the sign-in in a popup and wait for it. */
export function securityHeaders(issuer: string): Middleware {
  const isHttps = issuer.startsWith('https:');
  return async (ctx, next) => {
    ctx.set({
      // No form-action: Chrome and Safari apply it to the redirects after the post too, all the way to the app's own
      // address, and the sign-in would end on a blank page. What it would stop, refusals.ts refuses.
      'Content-Security-Policy': passkeyPolicy,
      'Permissions-Policy': permissionsPolicy,
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      // With no-referrer browsers post our own forms with `Origin: null`.
      'Referrer-Policy': 'same-origin',
    });
    if (isHttps) ctx.set('Strict-Transport-Security', 'max-age=31536000');
    await next();
    if (ctx.response.is('html')) ctx.set('Cache-Control', 'no-store');
  };
}
