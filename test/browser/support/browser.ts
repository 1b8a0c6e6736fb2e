// A person's browser: one Chromium a test file, and in it as many people as its tests need, each with cookies of their own.
// The room: what the tests of pages share. Not what other tests share too: test/support/.
import type { Browser, BrowserContext, ConsoleMessage, Page, Request } from 'playwright-core';
import type { Test } from 'tap';
import { launchChromium } from '../../support/chromium.ts';

export type Language = 'ko' | 'en';

/** What a person's browser and device are like; without a word, English, light, a desktop, scripts on, in Seoul. */
interface Visitor {
  readonly language?: Language;
  readonly scheme?: 'light' | 'dark';
  readonly size?: keyof typeof sizes;
  readonly scripts?: boolean;
  readonly timeZone?: string;
  /** Origins besides this machine's that the browser may be sent to, such as an app's. */
  readonly mayGoTo?: readonly string[];
}

/** In CSS pixels. */
export const sizes = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 640 },
  narrow: { width: 320, height: 640 },
} as const;

// As browsers send it whose first language that is.
const languages = {
  ko: { locale: 'ko-KR', accept: 'ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7' },
  en: { locale: 'en-US', accept: 'en-US,en;q=0.9' },
} as const;

export interface TestBrowser {
  /**
   * A page in a context of its own, which ends with the test; the test fails where the page asked another place than
   * this machine for anything.
   */
  open(t: Test, visitor?: Visitor): Promise<Page>;
}

/** Starts Chromium; it ends with the test, which is the whole file's. */
export async function openBrowser(t: Test): Promise<TestBrowser> {
  const browser = await launchChromium();
  t.teardown(() => browser.close());
  return { open: (own, visitor) => openPage(own, browser, visitor) };
}

/** What a page did that it should not do; see `watch`. */
const watches = new WeakMap<Page, Watch>();

interface Watch {
  /** Requests to other origins. */
  readonly strangers: string[];
  /** Errors of scripts, breaches of the policy, and what else the console shows as an error. */
  readonly errors: string[];
}

export function watchOf(page: Page): Watch {
  const watch = watches.get(page);
  if (!watch) throw new Error('this page was not opened by openBrowser');
  return watch;
}

async function openPage(t: Test, browser: Browser, visitor: Visitor = {}): Promise<Page> {
  const { locale, accept } = languages[visitor.language ?? 'en'];
  const context = await browser.newContext({
    locale,
    extraHTTPHeaders: { 'Accept-Language': accept },
    colorScheme: visitor.scheme ?? 'light',
    viewport: sizes[visitor.size ?? 'desktop'],
    javaScriptEnabled: visitor.scripts ?? true,
    timezoneId: visitor.timeZone ?? 'Asia/Seoul',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const watch = watchPage(context, page, visitor.mayGoTo ?? []);
  t.teardown(async () => {
    await context.close();
    if (watch.strangers.length > 0) throw new Error(`it asked elsewhere: ${watch.strangers.join(', ')}`);
  });
  return page;
}

function watchPage(context: BrowserContext, page: Page, mayGoTo: readonly string[]): Watch {
  const watch: Watch = { strangers: [], errors: [] };
  watches.set(page, watch);
  const visited = new Set<string>();
  context.on('request', (request) => {
    if (request.isNavigationRequest()) visited.add(request.url());
    if (isStrange(request, mayGoTo)) watch.strangers.push(request.url());
  });
  context.on('weberror', (error) => void watch.errors.push(String(error.error())));
  context.on('console', (message) => {
    if (message.type() !== 'error' || isStatusOf(visited, message)) return;
    watch.errors.push(`${message.text()} (${message.location().url})`);
  });
  return watch;
}

const ownHosts = ['localhost', '127.0.0.1'];

/** A page loads from its own origin alone; a person may be sent to any address of this machine. */
function isStrange(request: Request, mayGoTo: readonly string[]): boolean {
  const { protocol, hostname, origin } = new URL(request.url());
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  if (request.isNavigationRequest()) return !ownHosts.includes(hostname) && !mayGoTo.includes(origin);
  return origin !== URL.parse(request.frame().url())?.origin;
}

/** Chromium's console calls the 404 of a page an error of the page; the page that says so is none. */
function isStatusOf(visited: ReadonlySet<string>, message: ConsoleMessage): boolean {
  return (
    message.text().startsWith('Failed to load resource: the server') && visited.has(message.location().url)
  );
}
