// The frame of loop-api's pages: in which language and zone a request reads, and what stands around every page.
import type { Request, Response } from 'express';
import {
  createFrame,
  type FramedServer,
  type FrameExtras,
  languageCookie,
  languageCookieSeconds,
  type PageFrame,
  switchedLanguage,
} from '../../pages/frame.ts';
import { contentPolicy, permissionsPolicy } from '../../pages/policy.ts';

const headers = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `${contentPolicy}; form-action 'none'`,
  'Permissions-Policy': permissionsPolicy,
  // the path of a note is private: it must not travel to wherever a link leads
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'noindex',
  'Cache-Control': 'no-store',
};

/** Answers with a page, framed for whoever asks. */
export type ShowPage = <Data>(
  exchange: { req: Request; res: Response },
  page: (frame: PageFrame, data: Data) => string,
  data: Data,
  extras?: FrameExtras,
) => void;

/** `resource` is the address of the service as clients have it; `issuer` is where the person's account is. */
export function createShowPage(resource: string, issuer: string, pathPrefix: string): ShowPage {
  const server: FramedServer = {
    host: new URL(resource).host,
    path: pathPrefix || '/',
    links: { account: `${issuer.replace(/\/$/, '')}/account` },
  };
  return ({ req, res }, page, data, extras) => {
    const query = req.originalUrl.split('?', 2)[1] ?? '';
    const reader = {
      query,
      cookie: (name: string) => readCookie(req.headers.cookie, name),
      acceptsLanguages: (languages: string[]) => req.acceptsLanguages(languages),
      isAnswerToGet: req.method === 'GET',
    };
    const language = switchedLanguage(query);
    if (language) {
      res.cookie(languageCookie, language, {
        httpOnly: true,
        sameSite: 'lax',
        secure: resource.startsWith('https:'),
        path: server.path,
        maxAge: languageCookieSeconds * 1000,
      });
    }
    res.vary('Accept-Language, Cookie');
    res.set(headers).send(page(createFrame(server, reader, extras), data));
  };
}

// Those of ours are plain words (RFC 6265 section 4.1.1): nothing to decode.
function readCookie(header = '', name: string): string | undefined {
  const pairs = header.split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
