// The frame of loop-auth's pages: in which language and zone a request reads, and what stands around every page.
import type { Middleware, ParameterizedContext } from 'koa';
import {
  createFrame,
  type FramedServer,
  type FrameExtras,
  type PageFrame,
  switchedLanguage,
} from '../../../pages/frame.ts';
import { isNoticeCode, type Notice, type NoticeCode } from '../../../pages/words.ts';

const noticeCookie = 'loop_said';
const noticeSeconds = 60;

/** Goes in front of all that answers pages; remembers the language that a page's switch was set to. */
export function framePages(issuer: string): Middleware {
  const { host, pathname } = new URL(issuer);
  const issuerPath = pathname.replace(/\/$/, '');
  const server: FramedServer = {
    host,
    path: issuerPath || '/',
    signOutAction: `${issuerPath}/account/sign-out`,
    links: { connect: `${issuerPath}/connect`, account: `${issuerPath}/account` },
  };
  return async (ctx, next) => {
    ctx.state['framed'] = server;
    await next();
    const isPage = ctx.response.is('html') === 'html';
    if (isPage) ctx.vary('Accept-Language, Cookie');
    const switched = switchedLanguage(ctx.querystring, server.path);
    if (!switched || !(isPage || ctx.status === 303)) return;
    ctx.cookies.set(switched.name, switched.value, { ...switched.options, signed: false });
  };
}

function readFrame(ctx: ParameterizedContext, extras?: FrameExtras): PageFrame {
  const reader = {
    query: ctx.querystring,
    cookie: (name: string) => ctx.cookies.get(name, { signed: false }),
    acceptsLanguages: (languages: string[]) => ctx.acceptsLanguages(languages),
    isAnswerToGet: ctx.method === 'GET',
  };
  const account = ctx.state['account'] as { readonly username: string } | undefined;
  const known = { accountName: account?.username, notice: takeNotice(ctx) };
  return createFrame(ctx.state['framed'] as FramedServer, reader, { ...known, ...extras });
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

/** Sends a browser whose form was taken on to another page; it says there what became of the form. */
export function seeOther(
  ctx: ParameterizedContext,
  path: string,
  notice?: { readonly code: NoticeCode; readonly count?: number },
): void {
  if (notice) {
    const value = notice.count === undefined ? notice.code : `${notice.code}.${notice.count}`;
    ctx.cookies.set(noticeCookie, value, { ...noticeOptions(ctx), maxAge: noticeSeconds * 1000 });
  }
  ctx.redirect(path);
  ctx.status = 303;
}

/** Said once: a page that is asked for again says nothing of it. */
function takeNotice(ctx: ParameterizedContext): Notice | undefined {
  const said = ctx.cookies.get(noticeCookie, { signed: false });
  if (said === undefined) return undefined;
  ctx.cookies.set(noticeCookie, null, noticeOptions(ctx));
  const [, code = '', count] = /^([a-zA-Z]+)(?:\.(\d{1,6}))?$/.exec(said) ?? [];
  return isNoticeCode(code) ? { code, values: { count: Number(count ?? 1) } } : undefined;
}

function noticeOptions({ state }: ParameterizedContext) {
  const { path } = state['framed'] as FramedServer;
  return { signed: false, httpOnly: true, sameSite: 'lax', path, overwrite: true } as const;
}
