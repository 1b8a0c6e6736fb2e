// What stands around every page: who reads it and how, whose server it is, where else one can go.
import { chooseLanguage, type Language, languageNames, languages, readLanguage } from './language.ts';
import type { Notice } from './words.ts';

export interface PageFrame {
  readonly language: Language;
  /** An IANA name; UTC where the browser has told none. */
  readonly zone: string;
  /** The name under which this server is reached. */
  readonly host: string;
  /** Where the service's pages begin; cookies of the pages are kept for it. */
  readonly path: string;
  readonly vaultName?: string | undefined;
  /** Whoever is signed in, where the page knows. */
  readonly accountName?: string | undefined;
  /** Where the form of signing out is posted to; it stands on every page of somebody who is signed in. */
  readonly signOutAction?: string | undefined;
  /** What became of the form that was sent before. */
  readonly notice?: Notice | undefined;
  readonly links: FrameLinks;
  /** This page in each language; empty where it answers a form and can't be asked for again. */
  readonly switches: ReadonlyArray<{ language: Language; name: string; href: string }>;
}

/** Addresses of what there is; in this order they stand in the head of who is signed in, else in the foot. */
interface FrameLinks {
  readonly connect?: string;
  readonly account?: string;
  readonly vault?: string;
  /** Stands in the head, beside the name. */
  readonly signOut?: string;
}

/** What a service says of itself on all its pages. */
export interface FramedServer {
  readonly host: string;
  readonly path: string;
  readonly signOutAction?: string;
  readonly links: FrameLinks;
}

/** What a request tells about its reader. Everything in it is the browser's word. */
export interface Reader {
  /** The query of the address, as it was sent. */
  readonly query: string;
  readonly cookie: (name: string) => string | undefined;
  readonly acceptsLanguages: (languages: string[]) => string | false;
  /** Whether the address alone brings this page again. */
  readonly isAnswerToGet: boolean;
}

/** What one page knows beside the request. */
export interface FrameExtras {
  readonly accountName?: string | undefined;
  readonly vaultName?: string | undefined;
  readonly notice?: Notice | undefined;
  /** Of the authorization request that the page belongs to. */
  readonly uiLocales?: unknown;
  /** The path and query of a page that answers a form: what the language switch asks for instead. */
  readonly address?: string;
  /** False on a page that must not repeat its address. */
  readonly isSwitched?: boolean;
}

const languageCookie = 'loop_lang';
const languageCookieMs = 365 * 24 * 3600 * 1000;
// Written by look/page.js.
const zoneCookie = 'loop_zone';

export function createFrame(
  server: FramedServer,
  reader: Reader,
  { uiLocales, address, isSwitched = true, ...extras }: FrameExtras = {},
): PageFrame {
  const query = new URLSearchParams(reader.query);
  const language = chooseLanguage({
    asked: query.get('lang'),
    remembered: reader.cookie(languageCookie),
    uiLocales: uiLocales ?? query.get('ui_locales'),
    accepted: reader.acceptsLanguages,
  });
  const [path = '', own] = address === undefined ? ['', reader.query] : address.split('?', 2);
  const isReachable = isSwitched && (address !== undefined || reader.isAnswerToGet);
  return {
    ...server,
    ...extras,
    language,
    zone: readZone(reader.cookie(zoneCookie)),
    switches: isReachable ? languages.map((one) => switchTo(one, path, own)) : [],
  };
}

/** The cookie that remembers what the switch of a page was set to just now; `path` is where the service's pages begin. */
export function switchedLanguage(query: string, path: string) {
  const value = readLanguage(new URLSearchParams(query).get('lang'));
  const options = { httpOnly: true, sameSite: 'lax', path, maxAge: languageCookieMs } as const;
  return value && { name: languageCookie, value, options };
}

// Without a path it is the reader's own: what a browser has in its address bar could begin with `//` and lead elsewhere.
function switchTo(language: Language, path: string, query = ''): PageFrame['switches'][number] {
  const asked = new URLSearchParams(query);
  asked.set('lang', language);
  return { language, name: languageNames[language], href: `${path}?${asked}` };
}

/** A name that this Node knows, else UTC. */
function readZone(value: string | undefined): string {
  if (value === undefined || !/^[A-Za-z][\w+/-]{1,63}$/.test(value)) return 'UTC';
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
