// A person at a real browser: Chromium without a screen, that takes every example name for this machine.
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';

export interface Account {
  readonly username: string;
  readonly password: string;
}

export class Person {
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  /** Throws when there is no Chromium. The caller closes it. */
  static async open(): Promise<Person> {
    const browser = await launchChromium();
    // The drill's certificate is signed by nobody; clients of the drill do check it.
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    return new Person(browser, await context.newPage());
  }

  async createFirstAccount(setupUrl: string, account: Account): Promise<void> {
    await networksAreStill();
    await this.#goTo(setupUrl);
    await this.#fill(account);
    await this.#page.waitForLoadState();
    if (await this.#page.locator('input[name=password]').count()) throw new Error(await this.#describe());
  }

  /** Signs in where asked, allows the app, and resolves to where the browser was sent then. */
  async allow(authorizationUrl: URL, account: Account): Promise<URL> {
    await networksAreStill();
    const redirectUri = authorizationUrl.searchParams.get('redirect_uri') ?? '';
    const back = this.#page.waitForRequest((request) => request.url().startsWith(redirectUri), {
      timeout: 20_000,
    });
    back.catch(() => undefined);
    await this.#goTo(authorizationUrl.href);
    if (await this.#page.locator('input[name=password]').count()) await this.#fill(account);
    await this.#page
      .locator('button[name=decision][value=allow]')
      .click({ timeout: 10_000, noWaitAfter: true });
    return new URL((await back).url());
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  // A container that came or went a moment ago changed the machine's networks, on which Chromium gives up what it does.
  async #goTo(url: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#page.goto(url);
        return;
      } catch (error) {
        if (attempt === 5 || !(error as Error).message.includes('ERR_NETWORK_CHANGED')) throw error;
        await delay(500);
      }
    }
  }

  async #fill({ username, password }: Account): Promise<void> {
    await this.#page.locator('input[name=username]').fill(username);
    await this.#page.locator('input[name=password]').fill(password);
    await Promise.all([
      this.#page.waitForNavigation({ timeout: 20_000 }),
      this.#page.locator('button[type=submit]').first().click(),
    ]);
  }

  async #describe(): Promise<string> {
    return `the browser is at ${this.#page.url()}: ${await this.#page.locator('body').innerText()}`;
  }
}

const stillMs = 3000;

/**
 * Waits until no container has changed the machine's networks for a while: Chromium gives up a form that is on its way
 * then, and a form can't be sent again as a page can be asked for again.
 */
async function networksAreStill(): Promise<void> {
  let seen = '';
  let since = performance.now();
  while (performance.now() - since < stillMs) {
    const now = JSON.stringify(networkInterfaces());
    if (now !== seen) since = performance.now();
    seen = now;
    await delay(200);
  }
}
