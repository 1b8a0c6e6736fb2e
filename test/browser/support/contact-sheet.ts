// Lays the pictures of a run out on sheets, a row a state and a column a look, so that a person looks at a few images.
// scripts/test-browser runs it last; it prints where they are.
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Page } from 'playwright-core';
import { launchChromium } from '../../support/chromium.ts';
import { picturesFolder } from './pictures.ts';

const looks = ['ko.light', 'ko.dark', 'en.light', 'en.dark'];
// In CSS pixels: what of a picture is shown. A sheet is some 1500 wide and high, what an image viewer shows whole.
const shapes = {
  phone: { width: 180, height: 450, statesOfRow: 2 },
  desktop: { width: 372, height: 236, statesOfRow: 1 },
};
const statesOfSheet = 6;
const sheetPrefix = 'sheet-';

const files = await readdir(picturesFolder).catch(() => []);
await Promise.all(
  files.filter((file) => file.startsWith(sheetPrefix)).map((file) => rm(join(picturesFolder, file))),
);
const pictures = new Set(files.filter((file) => file.endsWith('.png') && !file.startsWith(sheetPrefix)));
const states = [...new Set([...pictures].map((file) => file.split('.')[0] ?? ''))].sort();
const browser = await launchChromium();
try {
  const page = await browser.newPage();
  for (const size of ['phone', 'desktop'] as const) {
    for (let from = 0; from < states.length; from += statesOfSheet) await drawSheet(page, size, from);
  }
} finally {
  await browser.close();
}
const here = relative(process.cwd(), picturesFolder);
console.log(`${pictures.size} pictures of ${states.length} states: ${here}/*.png`);
console.log(`on sheets: ${here}/${sheetPrefix}*.png`);

async function drawSheet(page: Page, size: keyof typeof shapes, from: number): Promise<void> {
  const { width, height, statesOfRow } = shapes[size];
  const shown = states.slice(from, from + statesOfSheet).map((state) => {
    const row = looks.map((look) => `${state}.${look}.${size}.png`).filter((file) => pictures.has(file));
    const images = row.map((file) => `<img src="${file}" alt="${file}">`).join('');
    return `<section><h2>${state}</h2><div>${images}</div></section>`;
  });
  const style = `
    body { margin: 8px; background: #888; font: 14px sans-serif; display: grid; gap: 4px 16px;
      grid-template-columns: repeat(${statesOfRow}, max-content) }
    h2 { margin: 4px 0; font-size: 14px }
    div { display: flex; gap: 4px }
    img { width: ${width}px; max-height: ${height}px; object-fit: cover; object-position: top; align-self: start }`;
  const name = `${sheetPrefix}${size}-${from / statesOfSheet + 1}`;
  const html = join(picturesFolder, `${name}.html`);
  await writeFile(html, `<!doctype html><meta charset="utf-8"><style>${style}</style>${shown.join('\n')}`);
  await page.setViewportSize({ width: (width + 4) * looks.length * statesOfRow + 32, height: 600 });
  await page.goto(`file://${html}`);
  await page.screenshot({ path: join(picturesFolder, `${name}.png`), fullPage: true });
  await rm(html);
}
