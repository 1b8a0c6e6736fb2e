// Work in steps: who takes it slice by slice lets others come in between, and what has no end is cut off.
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { outlineOf } from '../../../../api/answers/headings.ts';
import { parseContent } from '../../../../api/vault/documents/content.ts';
import { findWrittenLinks } from '../../../../api/vault/documents/written-links.ts';
import { findMarkedBlock } from '../../../../api/vault/notes/parts/block-ids.ts';
import {
  computeInSlices,
  type Steps,
  takeAtOnce,
  takeInSlices,
  takeSlice,
} from '../../../../api/vault/pace/steps.ts';
import { replaceInStretches } from '../../../../api/vault/pace/stretches.ts';
import { appendText, editSection } from '../../../../api/vault/writing/edit.ts';
import { editBlock } from '../../../../api/vault/writing/text/block-edit.ts';
import { replaceFound } from '../../../../api/vault/writing/text/find-replace.ts';

/** Goes on for about so long. */
function* work(ms: number): Steps<string> {
  const until = performance.now() + ms;
  while (performance.now() < until) yield;
  return 'done';
}

async function countTurns(promise: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  promise.then(over, over);
  while (!isOver) {
    await setImmediate();
    turns += 1;
  }
  return turns;
}

function countPauses(steps: Steps<unknown>): number {
  let pauses = 0;
  while (!steps.next().done) pauses += 1;
  return pauses;
}

/** Also of what is refused in the end. */
function countPausesOf(steps: Steps<unknown>): number {
  let pauses = 0;
  try {
    while (!steps.next().done) pauses += 1;
  } catch {
    // It went through the text to find that out.
  }
  return pauses;
}

t.test('at once, or with others in between', async (t) => {
  t.equal(takeAtOnce(work(1)), 'done');
  t.equal(takeSlice(work(200)), undefined, 'one slice is not all of it');
  const slices = takeInSlices(work(200));
  t.ok((await countTurns(slices)) > 3);
  t.equal(await slices, 'done');
  const fails = (function* (): Steps<void> {
    yield;
    throw new RangeError('its own');
  })();
  await t.rejects(takeInSlices(fails), RangeError);
});

t.test('what computes for too long is given up, in one step or in many', async (t) => {
  const endless = (function* (): Steps<void> {
    yield;
    for (;;);
  })();
  t.equal(await computeInSlices(50, endless), undefined);
  const many = computeInSlices(100, work(60_000));
  t.ok((await countTurns(many)) > 3, 'others have their turn until then');
  t.equal(await many, undefined);
  t.equal(await computeInSlices(1000, work(30)), 'done');
  const fails = (function* (): Steps<void> {
    yield;
    throw new RangeError('its own');
  })();
  await t.rejects(computeInSlices(1000, fails), RangeError);
});

t.test('what others take meanwhile does not count', async (t) => {
  const slices = computeInSlices(400, work(100));
  const until = performance.now() + 600;
  while (performance.now() < until) {
    const busy = performance.now() + 50;
    while (performance.now() < busy);
    await setImmediate();
  }
  t.equal(await slices, 'done');
});

t.test('a note pauses every few thousand characters, whatever it is made of', (t) => {
  const size = 1_000_000;
  const repeated = (part: string): string => part.repeat(size / part.length);
  const forms = {
    lines: repeated('some words in a line, see [[Note 7]].\n\n## Part\n\n'),
    'one line': repeated('some words, see [[Note 7]] and `code` #tag (a:: b). '),
    'one paragraph': repeated('some words, see [[Note 7]]\n'),
    headings: repeated('## H\n'),
    quotes: repeated('> > - a\n'),
    table: `| a | b |\n|---|---|\n${repeated('| x [[Note 1]] | y |\n')}`,
    code: `\`\`\`\n${repeated('code\n')}\`\`\`\n`,
    'links by reference': `[a]: Note.md\n\n${repeated('see [a] and [b]\n\n')}`,
    brackets: repeated('[[[((('),
  };
  for (const [form, text] of Object.entries(forms)) {
    const pauses = countPauses(parseContent('a.md', Buffer.from(text)));
    t.ok(pauses > size / 10_000, `${form}: ${pauses}`);
  }
  t.end();
});

t.test('so do its outline and the search for a block of it', (t) => {
  const text = 'words\n\n## Part\n\n'.repeat(60_000);
  const outline = countPauses(outlineOf('a.md', text, { from: 0, to: text.length }, 10_000));
  t.ok(outline > text.length / 10_000, String(outline));
  const block = countPauses(findMarkedBlock(`${text}\n^there\n`, 'there'));
  t.ok(block > text.length / 10_000, String(block));
  t.end();
});

t.test('so does every change that goes through it', (t) => {
  const text = 'words, see [[Note 7]]\n\n## Part\n\n'.repeat(30_000);
  const windows = text.replaceAll('\n', '\r\n');
  const note = `# First\n\nx\n\n# Second\n\na block ^b\n\n${text}`;
  const canvas = { nodes: [{ type: 'text', text }, ...Array(10_000).fill({ type: 'text', text: '[[a]]' })] };
  const changes = {
    'appended to': appendText(text, 'more'),
    appended: appendText('x\n', text),
    'lines of Windows': appendText(windows, 'more'),
    'all of a section': editSection(note, { heading: 'First', text: 'new', at: 'all' }),
    'the beginning of one': editSection(note, { heading: 'Second', text: 'new', at: 'start' }),
    'a block': editBlock(note, { block: 'b', text: 'new', at: 'all' }),
    found: replaceFound(text, { find: 'words', replace: 'x', all: true }),
    'found in decomposed letters': replaceFound('\u1100\u1161'.repeat(500_000), {
      ...{ find: '나', replace: 'x', all: true },
    }),
    links: findWrittenLinks(note, 'a.md'),
    'links of a canvas': findWrittenLinks(JSON.stringify(canvas), 'a.canvas'),
  };
  for (const [change, steps] of Object.entries(changes)) {
    const pauses = countPausesOf(steps);
    t.ok(pauses > text.length / 20_000, `${change}: ${pauses}`);
  }
  t.end();
});

t.test('a text taken in stretches is what it would be in one', (t) => {
  const parts = [
    'a ',
    ' \r\n',
    '\n\n',
    'e\u0301\u0302',
    '\u1100\u1161\u11a8',
    '👨\u200d👩',
    '\ud800',
    ' \u00a0\u3000',
  ];
  for (const [index, part] of parts.entries()) {
    for (const other of parts) {
      const text = `${part.repeat(9000)}${other}${'x'.repeat(index)}`.repeat(2);
      for (const pattern of [/\s+/g, /\r\n|\r|\n/g, /\P{M}\p{M}+/gu, /[^\u1161-\u11c2][\u1161-\u11c2]+/gu]) {
        t.equal(takeAtOnce(replaceInStretches(text, pattern, '.')), text.replace(pattern, '.'));
      }
    }
  }
  t.end();
});
