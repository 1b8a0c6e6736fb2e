// One state of a page in every look: Korean and English, light and dark, phone and desktop.
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { type Language, sizes, type TestBrowser } from './browser.ts';
import { expectAccessible, expectStill } from './expect.ts';
import { picture } from './pictures.ts';

interface Look {
  readonly language: Language;
  readonly scheme: 'light' | 'dark';
  readonly size: 'phone' | 'desktop';
  /** Such as `ko.dark.phone`. */
  readonly name: string;
}

const languages = ['ko', 'en'] as const;
const schemes = ['light', 'dark'] as const;
const widths = ['phone', 'desktop'] as const;

/** README and README.ko show one picture of a page each. */
const isOfReadme = ({ scheme, size }: Look): boolean => scheme === 'light' && size === 'phone';

/** Brings a new browser of that language to the state; done when its page is there. */
type Arrive = (page: Page, language: Language) => Promise<unknown>;

/** Arrives once in each language and shows `visit` that page in each scheme and size. */
async function forEachLook(
  t: Test,
  browser: TestBrowser,
  arrive: Arrive,
  visit: (page: Page, look: Look) => Promise<void>,
): Promise<void> {
  for (const language of languages) {
    const page = await browser.open(t, { language });
    await arrive(page, language);
    for (const scheme of schemes) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const size of widths) {
        await page.setViewportSize(sizes[size]);
        await visit(page, { language, scheme, size, name: `${language}.${scheme}.${size}` });
      }
    }
    await page.context().close();
  }
}

export interface PageState {
  /** Of its pictures and its test; kebab-case. */
  readonly name: string;
  readonly arrive: Arrive;
  /** What is on this page and on none that one comes through: a selector, no words. */
  readonly shows: string;
  /** What else holds in every look. */
  readonly check?: (t: Test, page: Page, look: Look) => Promise<void>;
  /** Whether README shows it. */
  readonly readme?: boolean;
}

/** A test that the state is accessible and still in every look, at 320 px, and is reached with scripts blocked. */
export function testState(t: Test, browser: TestBrowser, state: PageState): void {
  const arrive: Arrive = async (page, language) => {
    await state.arrive(page, language);
    await page.locator(state.shows).first().waitFor();
  };
  t.test(`${state.name} is accessible and still in every look`, async (t) => {
    await forEachLook(t, browser, arrive, async (page, look) => {
      const where = `${state.name}.${look.name}`;
      await expectAccessible(t, page, where);
      await expectStill(t, page, where);
      await state.check?.(t, page, look);
      await picture(page, where, { readme: state.readme === true && isOfReadme(look) });
    });
  });
  t.test(`${state.name} is reached with scripts blocked, and fits a window of 320 px`, async (t) => {
    const page = await browser.open(t, { scripts: false, size: 'narrow' });
    await arrive(page, 'en');
    await expectStill(t, page, state.name);
  });
}
