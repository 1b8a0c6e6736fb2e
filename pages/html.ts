// What a page needs that is made by hand: text inside HTML, and the policy's word for an inlined style.
import { createHash } from 'node:crypto';

/** For `style-src` of the Content-Security-Policy, quotes included. */
export function hashStyle(style: string): string {
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}

/** Safe in text and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
