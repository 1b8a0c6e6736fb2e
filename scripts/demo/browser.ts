// A browser without a screen, for the demo and the tests: keeps cookies, follows redirects, reads and sends forms.
import { parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';

export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export class Browser {
  readonly #jar = new CookieJar();
  readonly #headers: Readonly<Record<string, string>>;

  /** `headers` are what it says of itself with every request. */
  constructor(headers: Readonly<Record<string, string>> = {}) {
    this.#headers = headers;
  }

  /** Follows redirects, and stops in front of one that leaves for `stopAt` (an origin and path), giving that URL. */
  async visit(url: URL | string, stopAt?: string, init: RequestInit = {}): Promise<Page> {
    const from = new URL(url);
    const cookie = await this.cookiesFor(from);
    const headers = {
      Accept: 'text/html',
      ...this.#headers,
      ...(cookie && { Cookie: cookie }),
      ...init.headers,
    };
    const response = await fetch(from, { ...init, headers, redirect: 'manual' });
    for (const set of response.headers.getSetCookie()) await this.#jar.setCookie(set, from.href);
    const location = response.headers.get('Location');
    const page = {
      url: from,
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    };
    if (response.status < 300 || response.status > 399 || !location) return page;
    const next = new URL(location, from);
    if (stopAt && `${next.origin}${next.pathname}` === stopAt) return { ...page, url: next };
    return this.visit(next, stopAt);
  }

  /** The Cookie header that it would send there. */
  cookiesFor(url: URL | string): Promise<string> {
    return this.#jar.getCookieString(String(url));
  }

  /** Sends the form of a page (or the one that has a field or button of the first name) as a browser would. */
  submit(
    page: Page,
    fields: Readonly<Record<string, string | readonly string[]>>,
    stopAt?: string,
  ): Promise<Page> {
    const wanted = Object.keys(fields)[0];
    const forms = parse(page.text).querySelectorAll('form');
    const form = forms.find((one) => wanted && one.querySelector(`[name="${wanted}"]`)) ?? forms[0];
    if (!form) throw new Error(`the page ${page.url.pathname} (${page.status}) has no form`);
    const hidden = form
      .querySelectorAll('input[type="hidden"]')
      .map((input): [string, string] => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? ''])
      .filter(([name]) => !(name in fields));
    const own = Object.entries(fields).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, value] as [string, string]),
    );
    const body = new URLSearchParams([...hidden, ...own]);
    const action = new URL(form.getAttribute('action') ?? '', page.url);
    const headers = { Origin: page.url.origin, 'Sec-Fetch-Site': 'same-origin' };
    return this.visit(action, stopAt, { method: 'POST', body, headers });
  }
}
