// List items that begin with `[ ]` or `[x]`: a mark that says in words whether it is done.
import Markdown, { type MarkdownIt, type Token } from 'markdown-it';
import { escapeHtml } from '../../pages/html.ts';

/** What a mark says to who can't see it. */
export interface Labels {
  done: string;
  open: string;
}

export function readTasks(markdown: MarkdownIt): void {
  markdown.core.ruler.after('inline', 'tasks', ({ tokens }) => {
    for (const [index, item] of tokens.entries()) {
      const inline = tokens[index + 2];
      if (item.type === 'list_item_open' && inline?.type === 'inline') readTask(item, inline);
    }
  });
  markdown.renderer.rules['task_mark'] = (tokens, index, _options, environment): string => {
    const labels = environment?.['labels'] as Labels;
    const isDone = tokens[index]?.meta?.['isDone'] === true;
    const label = escapeHtml(isDone ? labels.done : labels.open);
    return `<span class="task-mark" role="img" aria-label="${label}">${isDone ? '☑' : '☐'}</span>`;
  };
}

function readTask(item: Token, { children }: Token): void {
  const first = children?.[0];
  const [mark, state] = (first?.type === 'text' && /^\[([^\]])\](?=\s|$)/.exec(first.content)) || [];
  if (!first || mark === undefined) return;
  item.attrJoin('class', 'task');
  first.content = first.content.slice(mark.length);
  const token = new Markdown.Token('task_mark', '', 0);
  token.meta = { isDone: state !== ' ' };
  children?.unshift(token);
}
