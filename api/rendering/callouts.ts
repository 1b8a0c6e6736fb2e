// Quotes that begin with `[!kind]`: Obsidian's callouts, those with a sign behind it to be folded.
import Markdown, { type MarkdownIt, type Token } from 'markdown-it';

/** The kinds that look like one of these; any other looks like a note. */
const looks: Readonly<Record<string, string>> = {
  tip: 'good',
  hint: 'good',
  success: 'good',
  check: 'good',
  done: 'good',
  warning: 'care',
  caution: 'care',
  attention: 'care',
  question: 'care',
  danger: 'bad',
  error: 'bad',
  bug: 'bad',
  failure: 'bad',
};

const opening = /^\[!([\w-]{1,30})\]([+-]?)(.*)$/;

export function readCallouts(markdown: MarkdownIt): void {
  // before what is inside the lines is read: the first of them is a title
  markdown.core.ruler.after('block', 'callouts', (state) => {
    state.tokens = [...withCallouts(state.tokens)];
  });
}

function* withCallouts(tokens: readonly Token[]): Generator<Token> {
  const closings: Array<string | undefined> = [];
  let skipped = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'blockquote_close') token.tag = closings.pop() ?? token.tag;
    if (skipped > 0) skipped -= 1;
    else yield token;
    if (token.type !== 'blockquote_open') continue;
    const callout = takeCallout(tokens, index);
    closings.push(callout?.tag);
    yield* callout?.title ?? [];
    skipped = callout?.isTitleAlone ? 3 : 0;
  }
}

interface Callout {
  tag: string;
  title: Token[];
  /** Its first paragraph had nothing but the title. */
  isTitleAlone: boolean;
}

function takeCallout(tokens: readonly Token[], at: number): Callout | undefined {
  const [quote, paragraph, inline] = tokens.slice(at, at + 3);
  if (!quote || paragraph?.type !== 'paragraph_open' || inline?.type !== 'inline') return undefined;
  const [line = '', ...rest] = inline.content.split('\n');
  const [, kind, fold, said] = opening.exec(line) ?? [];
  if (kind === undefined) return undefined;
  const tag = fold === '' ? 'div' : 'details';
  quote.tag = tag;
  quote.attrSet('class', `callout ${looks[kind.toLowerCase()] ?? 'plain'}`);
  if (fold === '+') quote.attrSet('open', '');
  inline.content = rest.join('\n');
  const name = said?.trim() || kind.charAt(0).toUpperCase() + kind.slice(1).toLowerCase();
  return { tag, title: createTitle(tag, name), isTitleAlone: rest.length === 0 };
}

function createTitle(tag: string, text: string): Token[] {
  const titleTag = tag === 'details' ? 'summary' : 'p';
  const open = new Markdown.Token('paragraph_open', titleTag, 1);
  open.attrSet('class', 'callout-title');
  open.block = true;
  const inline = new Markdown.Token('inline', '', 0);
  inline.content = text;
  inline.children = [];
  const close = new Markdown.Token('paragraph_close', titleTag, -1);
  close.block = true;
  return [open, inline, close];
}
