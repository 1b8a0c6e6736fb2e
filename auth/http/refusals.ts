// What is refused of a request before anything reads it: forms of other sites, names that are not ours, encoded bodies.
import type { Middleware } from 'koa';

/**
 * Refuses a form that another origin posts (403). Browsers name the origin in Sec-Fetch-Site and Origin, and each that
 * is sent is compared; a program that sends neither carries no one's cookies by accident.
 */
export function refuseForeignForms(issuer: string): Middleware {
  const { origin } = new URL(issuer);
  return async (ctx, next) => {
    const site = ctx.get('Sec-Fetch-Site');
    const from = ctx.get('Origin');
    const isForeign = (from !== '' && from !== origin) || !['', 'same-origin', 'none'].includes(site);
    if (isForeign) ctx.throw(403, 'this form was posted from another site', { about: 'foreignForm' });
    await next();
  };
}

// loop-api may know us by another name (API_AUTH_URL; in compose http://loop-auth:8083). It asks for these, which show
// nothing secret to whoever has no credential. Health is answered in front of all this, under any name.
const forPrograms = /^\/(\.well-known\/[\w/.-]+|jwks|token\/introspection|resource-(description|refusals))$/;
const loopbackName = /^(localhost|[\w-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/**
 * Where the issuer is on the machine itself, refuses requests for other names (403): a web page whose name was made to
 * lead to this machine must not reach what only this machine should (DNS rebinding). Elsewhere the proxy decides.
 */
export function refuseForeignHosts(issuer: string): Middleware {
  if (!loopbackName.test(new URL(issuer).hostname)) return (_ctx, next) => next();
  return async (ctx, next) => {
    const name = String(ctx.state['host'] ?? '').replace(/:\d*$/, '');
    if (!loopbackName.test(name.replace(/\.$/, '')) && !forPrograms.test(ctx.path)) {
      ctx.throw(403, `this server answers as ${issuer} only; AUTH_ISSUER gives it another name`, {
        about: 'foreignHost',
        values: { issuer },
      });
    }
    await next();
  };
}

/**
 * Refuses a body that is compressed or otherwise encoded (415): no client of ours does it, and a few bytes could become
 * a great many. Accept-Encoding says what is taken (RFC 9110 section 15.5.16).
 */
export const refuseEncodings: Middleware = async (ctx, next) => {
  const encoding = ctx.get('Content-Encoding').trim().toLowerCase();
  if (encoding !== '' && encoding !== 'identity') {
    ctx.set('Accept-Encoding', 'identity');
    ctx.throw(415, 'the body must not be encoded: leave Content-Encoding away');
  }
  await next();
};
