// Headers that every answer carries, and the refusal of forms posted from another site.
import type { Middleware } from 'koa';
import { styleHash } from '../../pages/templates.ts';

// No form-action: Chrome and Safari apply it to the redirects after the post too, all the way to the app's own
// address, and the sign-in would end on a blank page. What it would stop, `refuseForeignForms` refuses.
const policy = `default-src 'none'; style-src ${styleHash}; script-src 'none'; img-src data:; base-uri 'none'; frame-ancestors 'none'`;

/** No Cross-Origin-Opener-Policy: apps open the sign-in in a popup and wait for it. */
export function securityHeaders(issuer: string): Middleware {
  const isHttps = issuer.startsWith('https:');
  return async (ctx, next) => {
    ctx.set({
      'Content-Security-Policy': policy,
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

/**
 * Refuses a form that another origin posts (403). Browsers name the origin in Sec-Fetch-Site or Origin; a program
 * that sends neither carries no one's cookies by accident.
 */
export function refuseForeignForms(issuer: string): Middleware {
  const { origin } = new URL(issuer);
  return async (ctx, next) => {
    const site = ctx.get('Sec-Fetch-Site');
    const from = ctx.get('Origin');
    const isForeign =
      site === '' ? from !== '' && from !== origin : site !== 'same-origin' && site !== 'none';
    if (isForeign) ctx.throw(403, 'this form was posted from another site');
    await next();
  };
}
