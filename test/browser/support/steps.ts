// What a person does on the pages, by the names of fields and buttons: those are the interface, the words are not.
import type { Locator, Page } from 'playwright-core';
import type { Person } from '../../../scripts/demo/sign-in.ts';
import type { App } from './app.ts';

/** Fills in the form of an account's name and password and sends it. */
export async function sendCredentials(page: Page, { username, password }: Person): Promise<void> {
  await page.locator('input[name=username]').fill(username);
  await page.locator('input[name=password]').fill(password);
  await send(page, page.locator('form:has(input[name=password]) button[type=submit]'));
}

/** To the app's question of consent, signing in on the way. */
export async function signInTo(page: Page, app: App, person: Person): Promise<void> {
  await page.goto(app.begin().url);
  await sendCredentials(page, person);
}

/** Presses a button that sends a form, and waits for the page that comes of it. */
export async function send(page: Page, button: Locator): Promise<void> {
  await Promise.all([page.waitForEvent('domcontentloaded'), button.click()]);
}

export function decisionButton(page: Page, decision: 'allow' | 'deny'): Locator {
  return page.locator(`button[name=decision][value=${decision}]`);
}

/** Moves the focus there by the Tab key alone. Throws where it does not come by, or can't be seen there. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if ((await target.and(page.locator(':focus')).count()) === 1) {
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      if (outline === 'none') throw new Error('the focus is there and nothing shows it');
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error('the Tab key did not lead there');
}
