// The frame of loop-api's pages: in which language and zone a request reads, and what stands around every page.
import type { Request, Response } from 'express';
import {
  createFrame,
  type FramedServer,
  type FrameExtras,
  type PageFrame,
  type Reader,
  switchedLanguage,
} from '../../pages/frame.ts';
import type { Language } from '../../pages/language.ts';
import { contentPolicy, permissionsPolicy } from '../../pages/policy.ts';
import { readCookie } from './cookies.ts';

const headers = {
  'Content-Type': 'text/html; charset=utf-8',
  'Permissions-Policy': permissionsPolicy,
  // the path of a note is private: it must not travel to wherever a link leads
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'noindex',
  'Cache-Control': 'no-store',
};

/** What beside itself a page needs: a form that asks us, one that has something done, images of the vault. */
type PageNeed = 'nothing' | 'form' | 'doing' | 'images';

function createPolicies(issuer: string): Readonly<Record<PageNeed, string>> {
  // who has to sign in anew is led on from the form's answer, which browsers count as a part of it
  const form = `${contentPolicy}; form-action 'self' ${new URL(issuer).origin}`;
  return {
    nothing: `${contentPolicy}; form-action 'none'`,
    form,
    doing: form,
    images: `${contentPolicy.replace('img-src data:', "img-src 'self' data:")}; form-action 'none'`,
  };
}

/** A request and its answer. */
interface Exchange {
  req: Request;
  res: Response;
  needs?: PageNeed;
}

/** Answers with a page, framed for whoever asks. */
export type ShowPage = <Data>(
  exchange: Exchange,
  page: (frame: PageFrame, data: Data) => string,
  data: Data,
  extras?: FrameExtras,
) => void;

export interface FrameAddresses {
  /** Of the service, as clients have it. */
  resource: string;
  /** Where the person's account is. */
  issuer: string;
  /** What of the service's path stands in front of its routes. */
  pathPrefix: string;
}

export function createShowPage({ resource, issuer, pathPrefix }: FrameAddresses): ShowPage {
  const accounts = issuer.replace(/\/$/, '');
  const server: FramedServer = {
    host: new URL(resource).host,
    path: pathPrefix || '/',
    links: {
      connect: `${accounts}/connect`,
      account: `${accounts}/account`,
      vault: `${pathPrefix}/vault`,
    },
  };
  const signOut = `${accounts}/session/end`;
  const policies = createPolicies(issuer);
  return ({ req, res, needs = 'nothing' }, page, data, extras) => {
    const reader = readerOf(req);
    const switched = switchedLanguage(reader.query, server.path);
    if (switched) {
      const secure = resource.startsWith('https:');
      res.cookie(switched.name, switched.value, { ...switched.options, secure });
    }
    res.vary('Accept-Language, Cookie');
    res.set(headers).set('Content-Security-Policy', policies[needs]);
    // else browsers send no Origin with the form (`null`), and it would be taken for another site's
    if (needs === 'doing') res.set('Referrer-Policy', 'same-origin');
    const isSignedIn = extras?.accountName !== undefined;
    const framed = isSignedIn ? { ...server, links: { ...server.links, signOut } } : server;
    res.send(page(createFrame(framed, reader, extras), data));
  };
}

/** The language of whoever asks. */
export function languageOf(req: Request): Language {
  return createFrame({ host: '', path: '/', links: {} }, readerOf(req)).language;
}

function readerOf(req: Request): Reader {
  return {
    query: req.originalUrl.split('?', 2)[1] ?? '',
    cookie: (name) => readCookie(req.headers.cookie, name),
    acceptsLanguages: (languages) => req.acceptsLanguages(languages),
    isAnswerToGet: req.method === 'GET',
  };
}

/**
 * Whether a person's browser asks, rather than a program: one that wants a page more than anything else and shows no
 * token. What programs get stays the same, byte for byte.
 */
export function isBrowser(req: Request): boolean {
  return (req.method === 'GET' || req.method === 'HEAD') && wantsPage(req);
}

/** The same for an answer to a form. */
export function wantsPage(req: Request): boolean {
  const { accept = '', authorization } = req.headers;
  if (authorization !== undefined || !accept.toLowerCase().includes('text/html')) return false;
  return req.accepts(['application/json', 'text/event-stream', 'text/html']) === 'text/html';
}
