// Pictures of pages, for a person to look at: below test/browser/pictures, which is nobody's source.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const root = join(import.meta.dirname, '../../..');

export const picturesFolder = join(root, 'test/browser/pictures');

/** Whole pages; of those for README, what a window shows. With README_PICTURES=1 the latter go to docs/pictures too. */
export async function picture(page: Page, name: string, { readme = false } = {}): Promise<void> {
  await mkdir(picturesFolder, { recursive: true });
  const path = join(picturesFolder, `${name}.png`);
  await page.screenshot({ path, fullPage: true, animations: 'disabled', caret: 'hide' });
  if (readme && process.env['README_PICTURES'] === '1') {
    const shown = join(root, 'docs/pictures', `${name}.png`);
    await mkdir(join(root, 'docs/pictures'), { recursive: true });
    await page.screenshot({ path: shown, animations: 'disabled', caret: 'hide' });
  }
}
