// A line of Markdown as somebody reads it, without its signs: what a heading is called in a list.
import MarkdownIt, { type StateInline, type Token } from 'markdown-it';
import { Spans } from '../markdown/spans.ts';

/** UTF-16 units: what is longer stays as it is written. */
const longest = 2000;
const sign = /[\\`*_~=[<&%]/;
const wikiLink = /!?\[\[([^[\]|\n]+)(?:\|([^[\]\n]*))?\]\]/y;

// Only for lines: deeper than anybody writes, and HTML is left out of them.
const markdown = new MarkdownIt('default', {
  html: true,
  linkify: false,
  typographer: false,
  maxNesting: 20,
});
markdown.inline.ruler.before('escape', 'math', readMath);
markdown.inline.ruler.before('link', 'wiki_link', readWikiLink);

/** `line` itself where nothing would be left of it. */
export function showText(line: string): string {
  if (line.length > longest || !sign.test(line)) {
    return line;
  }
  const [{ children } = { children: null }] = markdown.parseInline(line, {});
  const shown = join(children ?? [])
    .replace(/\s+/g, ' ')
    .trim();
  return shown === '' ? line : shown;
}

/** Math stays as it is written: `_` and `*` are no signs of Markdown there. */
function readMath(state: StateInline, silent: boolean): boolean {
  if (state.src.charAt(state.pos) !== '$') {
    return false;
  }
  const end = new Spans(state.src).findMathEnd(state.pos);
  if (!silent) {
    state.push('math', '', 0).content = state.src.slice(state.pos, end);
  }
  state.pos = end;
  return true;
}

function readWikiLink(state: StateInline, silent: boolean): boolean {
  wikiLink.lastIndex = state.pos;
  const [, target = '', shown = ''] = wikiLink.exec(state.src) ?? [];
  if (target === '') {
    return false;
  }
  if (!silent) {
    state.push('wiki_link', '', 0).content = shown.trim() || target.replace(/\\$/, '').trim();
  }
  state.pos = wikiLink.lastIndex;
  return true;
}

function join(tokens: readonly Token[]): string {
  let text = '';
  /** Where emphasis begins, those further out first. */
  const opened: number[] = [];
  for (const [index, token] of tokens.entries()) {
    const [, side] = /^(?:em|strong)_(open|close)$/.exec(token.type) ?? [];
    if (side === 'open') {
      opened.push(text.length);
    }
    const next = tokens[index + 1]?.content ?? '';
    text = side === 'close' ? emphasize(text, opened.pop() ?? 0, token.markup, next) : text + textOf(token);
  }
  return text;
}

/** What is emphasized begins at `at`. Its signs stay where they are part of a word. */
function emphasize(text: string, at: number, markup: string, next: string): string {
  const isKept = isInWord(markup, text.charAt(at - 1), next);
  return isKept ? text.slice(0, at) + markup + text.slice(at) + markup : text;
}

/** `2*3*4` and `__init__.py` are emphasis to CommonMark, and to nobody who reads them in a list. */
const isInWord = (markup: string, before: string, after: string): boolean =>
  markup === '*' ? /\w/.test(before) && /^\w/.test(after) : markup.startsWith('_') && /^\.\w/.test(after);

function textOf({ type, content }: Token): string {
  switch (type) {
    case 'html_inline':
      return '';
    case 'softbreak':
    case 'hardbreak':
      return ' ';
    case 'text':
      return content.replace(/%%.*?%%/g, '').replace(/==(?=\S)([^=]+)(?<=\S)==/g, '$1');
    default:
      return content;
  }
}
