// `[[Note#Heading|shown]]` and `![[image.png|200]]` as tokens of markdown-it; where they lead is found out in links.ts.
import type { MarkdownIt, StateInline, Token } from 'markdown-it';

interface WikiLink {
  /** All in front of the bar. */
  target: string;
  /** Behind it; undefined where there is none. */
  shown: string | undefined;
  isEmbed: boolean;
}

/** Of a token of the kind `wiki_link`. */
export function wikiLinkOf(token: Token): WikiLink {
  return token.meta?.['link'] as WikiLink;
}

/** UTF-16 units between the brackets: looked for no further, so that many that are never closed cost little. */
const longest = 1_000;

export function readWikiLinks(markdown: MarkdownIt): void {
  markdown.inline.ruler.before('link', 'wiki_link', (state, silent) => readWikiLink(state, silent));
}

function readWikiLink(state: StateInline, silent: boolean): boolean {
  const { src, pos } = state;
  const isEmbed = src.startsWith('![[', pos);
  if (!isEmbed && !src.startsWith('[[', pos)) return false;
  const start = pos + (isEmbed ? 3 : 2);
  const inner = src.slice(start, start + longest);
  const length = inner.indexOf(']]');
  const said = inner.slice(0, Math.max(length, 0));
  if (length <= 0 || start + length > state.posMax || /\n|\[\[/.test(said)) return false;
  if (!silent) {
    const bar = said.indexOf('|');
    const token = state.push('wiki_link', '', 0);
    token.meta = {
      link: {
        target: bar < 0 ? said : said.slice(0, bar).replace(/\\$/, ''),
        shown: bar < 0 ? undefined : said.slice(bar + 1),
        isEmbed,
      } satisfies WikiLink,
    };
  }
  state.pos = start + length + 2;
  return true;
}
