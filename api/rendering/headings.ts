// Headings that can be led to (`/notes/Note.md#some-heading`), below the title that the page itself has.

import type { MarkdownIt, Token } from 'markdown-it';
import { foldName } from '../vault/notes/name.ts';
import { showText } from '../vault/notes/parts/shown-text.ts';
import { wikiLinkOf } from './wiki-links.ts';

/** Ids that the page around the note has. */
const taken = ['said', 'error', 'note-link'];
const longestSlug = 200;

/** What stands behind the `#` of an address for a heading; '' for one without a letter. */
export function slugOf(heading: string): string {
  const words = foldName(heading)
    .replace(/[^\p{L}\p{N}\p{M}_\s-]/gu, '')
    .trim();
  return words.slice(0, longestSlug).replace(/\s/gu, '-');
}

/**
 * Levels follow each other without a gap, from h2 on, whatever a note skips. A heading that opens the note and says what
 * the page has as its title (`title` of the environment) is left out.
 */
export function nameHeadings(markdown: MarkdownIt): void {
  markdown.core.ruler.after('inline', 'name_headings', (state) => {
    const [first, said] = state.tokens;
    const isTitle = first?.type === 'heading_open' && showText(said?.content ?? '') === state.env['title'];
    if (isTitle) state.tokens = state.tokens.slice(3);
    nameAll(state.tokens);
  });
}

function nameAll(tokens: readonly Token[]): void {
  const uses = new Map(taken.map((name) => [name, 1]));
  const around: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'heading_close') token.tag = tagWithin(around);
    if (token.type !== 'heading_open') continue;
    enter(around, Number(token.tag.slice(1)));
    token.tag = tagWithin(around);
    token.attrSet('id', nameOne(textOf(tokens[index + 1]), uses));
  }
}

/** `around` are the levels, as written, of the headings that a place is below. */
function enter(around: number[], level: number): void {
  while ((around.at(-1) ?? 0) >= level) around.pop();
  around.push(level);
}

function tagWithin(around: readonly number[]): string {
  return `h${Math.min(around.length + 1, 6)}`;
}

function nameOne(text: string, uses: Map<string, number>): string {
  const slug = slugOf(text) || 'heading';
  const count = uses.get(slug) ?? 0;
  uses.set(slug, count + 1);
  return count === 0 ? slug : `${slug}-${count}`;
}

function textOf(inline: Token | undefined): string {
  return (inline?.children ?? [])
    .map((token) => (token.type === 'wiki_link' ? shownBy(token) : token.content))
    .join('');
}

function shownBy(token: Token): string {
  const { shown, target } = wikiLinkOf(token);
  return shown ?? target;
}
