// What a person does in the browser: opens the first account, signs in, allows an app.
import { Browser, type Page } from './browser.ts';

export interface Person {
  readonly username: string;
  readonly password: string;
}

/** Creates the first account by the one-time link. Throws when the link does not take it. */
export async function createFirstAccount(setupUrl: string, person: Person): Promise<void> {
  const browser = new Browser();
  const page = await browser.submit(await browser.visit(setupUrl), { ...person });
  if (page.status !== 200) throw new Error(`the first account was refused (${page.status})`);
}

interface Answers {
  readonly browser?: Browser;
  readonly decision?: 'allow' | 'deny';
  /** What else the page of consent asks: `access`, `reach`, `folders`. */
  readonly choice?: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * Goes from an authorization URL through sign-in and consent to the app's redirect address and returns that URL
 * with the answer in its query.
 */
export async function authorizeInBrowser(
  authorizationUrl: URL | string,
  person: Person,
  { browser = new Browser(), decision = 'allow', choice = {} }: Answers = {},
): Promise<URL> {
  const redirectUri = new URL(new URL(authorizationUrl).searchParams.get('redirect_uri') ?? '');
  const stopAt = `${redirectUri.origin}${redirectUri.pathname}`;
  let page = await browser.visit(authorizationUrl, stopAt);
  if (has(page, 'name="password"')) page = await browser.submit(page, { ...person }, stopAt);
  if (has(page, 'name="decision"')) page = await browser.submit(page, { decision, ...choice }, stopAt);
  if (`${page.url.origin}${page.url.pathname}` === stopAt) return page.url;
  throw new Error(`the sign-in ended at ${page.url.pathname} with ${page.status}: ${readable(page)}`);
}

function has(page: Page, text: string): boolean {
  return page.status === 200 && page.text.includes(text);
}

function readable(page: Page): string {
  return page.text
    .replace(/<style[\s\S]*?<\/style>|<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .slice(0, 600);
}
