// Authorization and logout requests that come as a form: the browser is sent to the same request as a link.
import { bodyParser } from '@koa/bodyparser';
import type { Middleware } from 'koa';

const paths = new Set(['/auth', '/session/end']);
// nginx refuses a request line over 8 KB, and the next request has all of this in one.
const readForm = bodyParser({ enableTypes: ['form'], formLimit: '7kb' }) as Middleware;

/**
 * OpenID Connect Core section 3.1.2.1 and RP-Initiated Logout section 2 ask for POST. A browser that another site makes
 * post sends no SameSite=Lax cookie along, so that the person would seem signed out; on the way that it is sent to it
 * does. The library's own way is cookies that go along everywhere, which plain http doesn't have.
 */
export function redirectPosted(issuerPath: string): Middleware {
  return async (ctx, next) => {
    if (ctx.method !== 'POST' || !paths.has(ctx.path)) return next();
    if (!ctx.is('application/x-www-form-urlencoded'))
      ctx.throw(400, 'send the parameters as application/x-www-form-urlencoded');
    await readForm(ctx, async () => {});
    const { rawBody } = ctx.request as { rawBody?: string };
    ctx.redirect(`${issuerPath}${ctx.path}?${new URLSearchParams(rawBody)}`);
    ctx.status = 303;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = '';
  };
}
