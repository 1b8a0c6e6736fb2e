// Whether a browser keeps cookies, where a sign-in can't go on without one: said as what it is, and only where it is so.
import type { Middleware, ParameterizedContext } from 'koa';

const probe = 'loop_probe';
const asked = 'asked';

/** With a page whose form has the field `cookies`. */
export function setProbe(ctx: ParameterizedContext): void {
  if (keepsNone(ctx)) ctx.cookies.set(probe, asked, { signed: false, httpOnly: true, sameSite: 'lax' });
}

/** Any cookie will do: a browser that sends one keeps ours as well. */
export function keepsNone(ctx: ParameterizedContext): boolean {
  return ctx.get('Cookie') === '';
}

/**
 * A page of a sign-in under way finds nothing where no cookie came. Whether the browser keeps none, or the sign-in began
 * in another browser, one more request tells.
 */
export const askForCookies: Middleware = async (ctx, next) => {
  if (!keepsNone(ctx) || !ctx.get('Accept').includes('text/html')) return next();
  if (ctx.query['cookies'] === asked)
    ctx.throw(400, 'the browser sent no cookie back', { about: 'cookiesBlocked' });
  setProbe(ctx);
  const page = ctx.path.slice(ctx.path.lastIndexOf('/') + 1);
  // Relative to the page, since the path here is without the issuer's; a name with a colon is no scheme.
  ctx.set('Location', `./${page}?cookies=${asked}`);
  ctx.status = 303;
};
