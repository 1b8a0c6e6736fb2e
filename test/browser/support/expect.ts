// What holds of every page, whatever it says.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { watchOf } from './browser.ts';

// Each document has to read it anew: the whole one takes three times as long.
const axeSource = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** axe finds nothing against WCAG 2.2 AA and its own advice. Scripts must be on in that browser. */
export async function expectAccessible(t: Test, page: Page, where = page.url()): Promise<void> {
  t.same(await findViolations(page), [], `${where} is accessible`);
}

/** Nothing in the console, nothing against the policy, nothing asked elsewhere, nothing wider than the window. */
export async function expectStill(t: Test, page: Page, where = page.url()): Promise<void> {
  t.same(await findStir(page), [], `${where} is still`);
}

export async function findViolations(page: Page): Promise<string[]> {
  // Through the debugger, which the page's policy does not bind.
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axeSource);
  const options = { runOnly: tags, resultTypes: ['violations'], preload: false };
  const { violations } = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as AxeResults;
  return violations.map(
    ({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
}

export async function findStir(page: Page): Promise<string[]> {
  const { strangers, errors } = watchOf(page);
  const wider = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
  return [
    ...errors,
    ...strangers.map((url) => `asked elsewhere: ${url}`),
    ...(wider > 0 ? [`${wider} px wider than the window`] : []),
  ];
}
