// However a note is written, a page of it takes time in proportion to its length, and never all of a long one.
import t from 'tap';
import { type RenderOptions, renderNote } from '../../../api/rendering/markdown.ts';
import { measureGrowth, repeat } from '../../support/growth.ts';

const options: RenderOptions = {
  follow: async (links) => links.map(() => 'other.md'),
  addresses: { note: (id) => `/notes/${id}`, image: (id) => `/vault/files/${id}`, isImage: () => false },
  labels: { done: 'done', open: 'to do' },
};
const render = (text: string, from = 0) => renderNote({ id: 'a.md', title: 'a', text, from }, options);

const length = 28_000;

t.test('nothing that is written takes longer than in proportion', async (t) => {
  const units = [
    '[[',
    '![[',
    '[',
    '> ',
    '*a_',
    '_a',
    '[a](',
    '[a]',
    '![a](',
    '|a',
    '~~a',
    '`a',
    '<a b="',
    '&#',
  ];
  const lines = ['- [ ] a\n', '# a\n', '[a]: b\n', '> [!note] a\n\n', 'a\n=\n', '```\n', '|\n', '[[a|b]]\n'];
  for (const unit of [...units, ...lines]) {
    const make = (size: number) => repeat(unit, size);
    const pending: Promise<unknown>[] = [];
    t.ok(measureGrowth((text) => pending.push(render(text)), make, length) < 8, JSON.stringify(unit));
    await Promise.all(pending);
  }
});

t.test('what is nested as deep as it goes is shown, and ends', async (t) => {
  const deepQuote = `${'>'.repeat(5_000)} a`;
  const deepList = Array.from({ length: 200 }, (_, level) => `${' '.repeat(2 * level)}- a`).join('\n');
  const deepCallout = Array.from({ length: 200 }, (_, level) => `${'>'.repeat(level + 1)} [!note] a`).join(
    '\n',
  );
  for (const text of [deepQuote, deepList, deepCallout, `${'*'.repeat(5_000)}a${'*'.repeat(5_000)}`]) {
    const { html } = await render(text);
    t.ok(html.length > 0 && html.length < 400_000);
  }
});

t.test('of a note of 5 MB a page shows a part, and the parts are all of it', async (t) => {
  const text = 'Some words of a sentence.\n\n'.repeat(200_000).slice(0, 5_000_000);
  const { html, from, to } = await render(text);
  t.equal(from, 0);
  t.ok(to > 10_000 && to <= 30_000 && html.length < 100_000);
  t.equal(text.slice(to - 2, to), '\n\n', 'it ends where a paragraph does');
  let at = 0;
  for (let parts = 0; at < 200_000 && parts < 100; parts += 1) {
    const part = await render(text, at);
    t.equal(part.from, at);
    at = part.to;
  }
  t.same(await render(text, 9_999_999), { html: '', from: text.length, to: text.length });
});

t.test('a part does not end inside of code where it can end elsewhere, nor inside a character', async (t) => {
  const code = `${'words\n\n'.repeat(3_500)}\`\`\`\n${'code\n\n'.repeat(2_000)}\`\`\`\n\nafter\n`;
  const { to } = await render(code);
  t.ok(to <= code.indexOf('```'));
  const emoji = '😀'.repeat(40_000);
  const part = await render(emoji);
  t.ok(emoji.slice(0, part.to).isWellFormed());
});
