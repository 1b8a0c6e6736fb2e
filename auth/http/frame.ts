// The frame of loop-auth's pages: in which language and zone a request reads, and what stands around every page.
import type { Middleware, ParameterizedContext } from 'koa';
import {
  createFrame,
  type FramedServer,
  type FrameExtras,
  languageCookie,
  languageCookieSeconds,
  type PageFrame,
  switchedLanguage,
} from '../../pages/frame.ts';

/** Goes in front of all that answers pages; remembers the language that a page's switch was set to. */
export function framePages(issuer: string): Middleware {
  const { host, pathname } = new URL(issuer);
  const issuerPath = pathname.replace(/\/$/, '');
  const server: FramedServer = {
    host,
    path: issuerPath || '/',
    links: { connect: `${issuerPath}/connect`, account: `${issuerPath}/account` },
  };
  return async (ctx, next) => {
    ctx.state['framed'] = server;
    await next();
    const isPage = ctx.response.is('html') === 'html';
    if (isPage) ctx.vary('Accept-Language, Cookie');
    const language = switchedLanguage(ctx.querystring);
    if (!language || !(isPage || ctx.status === 303)) return;
    ctx.cookies.set(languageCookie, language, {
      signed: false,
      httpOnly: true,
      sameSite: 'lax',
      path: server.path,
      maxAge: languageCookieSeconds * 1000,
    });
  };
}

function readFrame(ctx: ParameterizedContext, extras?: FrameExtras): PageFrame {
  const reader = {
    query: ctx.querystring,
    cookie: (name: string) => ctx.cookies.get(name, { signed: false }),
    acceptsLanguages: (languages: string[]) => ctx.acceptsLanguages(languages),
    isAnswerToGet: ctx.method === 'GET',
  };
  return createFrame(ctx.state['framed'] as FramedServer, reader, extras);
}

/** Answers with a page, framed for whoever asks; `extras` is what this page knows beside the request. */
export function showPage<Data>(
  ctx: ParameterizedContext,
  page: (frame: PageFrame, data: Data) => string,
  data: Data,
  extras?: FrameExtras,
): void {
  ctx.type = 'html';
  ctx.body = page(readFrame(ctx, extras), data);
}
