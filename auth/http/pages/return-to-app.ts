// The end of a sign-in that leads to an app on the device: its links leave no page in the browser, so that one of ours stays.
import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { returnedPage } from '../../pages/returned.ts';
import { showPage } from './frame.ts';

/**
 * Answers a browser's navigation that would be sent to a scheme of an app's own with a page that opens the app and says
 * how it ended. Programs and browsers that do not say what they ask for get the redirect itself.
 */
export const returnToApp: Middleware = async (ctx, next) => {
  await next();
  const location = ctx.response.get('Location');
  const isRedirect = ctx.status === 302 || ctx.status === 303;
  if (!isRedirect || ctx.get('Sec-Fetch-Dest') !== 'document' || !isAppLink(location)) return;
  const { client } = (ctx as unknown as KoaContextWithOIDC).oidc ?? {};
  ctx.remove('Location');
  ctx.status = 200;
  const clientName = client?.clientName ?? client?.clientId ?? '';
  const isAllowed = new URL(location).searchParams.has('code');
  showPage(ctx, returnedPage, { href: location, clientName, isAllowed }, { isSwitched: false });
};

function isAppLink(location: string): boolean {
  const url = URL.parse(location);
  return url !== null && !/^https?:$/.test(url.protocol);
}
