// The indexing thread when something is wrong with it: a note that takes too long, a stop in the middle, a thread that
// does not answer. Programs of their own, whose threads all load what makes them slow.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';

const vaultUrl = new URL('../../../../../api/vault/vault.ts', import.meta.url).href;

/** The notes and what makes reading them slow; `program` sees `vault`, `directory` and some helpers, and tells a value. */
async function run(
  t: Test,
  { notes, preload, program }: { notes: Record<string, string>; preload: string; program: string },
): Promise<{ told: Record<string, unknown>; tookMs: number }> {
  const top = await mkdtemp(join(tmpdir(), 'thread-test-'));
  t.teardown(() => rm(top, { recursive: true }));
  const directory = join(top, 'notes');
  await mkdir(directory);
  for (const [name, text] of Object.entries(notes)) await writeFile(join(directory, name), text);
  await writeFile(join(top, 'preload.mjs'), preload);
  await writeFile(
    join(top, 'program.mjs'),
    `
      import { writeFileSync } from 'node:fs';
      import { join } from 'node:path';
      import { setTimeout } from 'node:timers/promises';
      const { openVault } = await import(${JSON.stringify(vaultUrl)});
      const directory = ${JSON.stringify(directory)};
      const unread = [];
      const open = () => openVault({ directory, indexPath: ${JSON.stringify(join(top, 'index.db'))}, onUnread: (notes) => unread.push(notes) });
      const until = async (condition) => { while (!(await condition())) await setTimeout(20); };
      const ids = async (query) => (await vault.search(query)).map(({ id }) => id).sort();
      let vault = await open();
      const tell = (told) => console.log(JSON.stringify(told));
      ${program}
    `,
  );
  const startedAt = performance.now();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', join(top, 'preload.mjs'), join(top, 'program.mjs')],
    { timeout: 30_000 },
  );
  return { told: JSON.parse(stdout) as Record<string, unknown>, tookMs: performance.now() - startedAt };
}

// A reader that never comes to an end: the first thing that is asked of a note's bytes.
const slowReader = `
  const { includes } = Buffer.prototype;
  Buffer.prototype.includes = function (...asked) {
    if (asked[0] === 0 && this.latin1Slice(0, 4) === 'SLOW') for (;;);
    return Reflect.apply(includes, this, asked);
  };
`;
const long = 'word '.repeat(5000);

t.test(
  'a note that takes over a second is known by its name alone, and read again when it changes',
  async (t) => {
    const { told } = await run(t, {
      notes: {
        'Needle in hay.md': `SLOW pelican ${long}`,
        'other.md': 'pelican',
        'link.md': '[[Needle in hay]]',
      },
      preload: slowReader,
      program: `
      await until(() => !vault.progress().building);
      const first = { name: await ids('needle'), text: await ids('pelican'), listed: vault.unreadNotes(), progress: vault.progress() };
      const { text, warnings, backlinks } = await vault.readNote('Needle in hay.md');
      await vault.close();
      vault = await open();
      await until(() => !vault.progress().building);
      const again = { listed: vault.unreadNotes(), name: await ids('needle') };
      writeFileSync(join(directory, 'Needle in hay.md'), 'quick pelican ${long}');
      await until(async () => (await ids('pelican')).length === 2);
      await until(() => vault.unreadNotes().length === 0);
      await setTimeout(100);
      await vault.close();
      tell({ first, fetched: { text, warnings, backlinks }, again, unread });
    `,
    });
    t.match(told, {
      first: {
        name: ['Needle in hay.md', 'link.md'],
        text: ['other.md'],
        listed: ['Needle in hay.md'],
        progress: { notes: 3, indexed: 3 },
      },
      fetched: { text: '', warnings: [/too long/], backlinks: ['link.md'] },
      again: { listed: ['Needle in hay.md'], name: ['Needle in hay.md', 'link.md'] },
      unread: [1, 1, 0],
    });
  },
);

// Where no guard is: what is written into the index.
const slowWriter = `
  import { isMainThread } from 'node:worker_threads';
  const { stringify } = JSON;
  JSON.stringify = (value, ...rest) => {
    if (!isMainThread && value?.spin) for (;;);
    return stringify(value, ...rest);
  };
`;

t.test('a stop ends a thread that does not come to an end by itself', async (t) => {
  const { told, tookMs } = await run(t, {
    notes: { 'a.md': 'alpha', 'spin.md': '---\nspin: true\n---\nbeta' },
    preload: slowWriter,
    program: `
      await setTimeout(1000);
      await vault.close();
      vault = await open();
      const found = await ids('alpha');
      await vault.close();
      tell({ found });
    `,
  });
  t.same(told, { found: [] }, 'the batch that it was at is not written, and the index is as sound as before');
  t.ok(tookMs < 20_000);
});

t.test(
  'a thread whose index is closed comes to its end by itself, whatever is still to come for it',
  async (t) => {
    const { told } = await run(t, {
      notes: { 'A.md': 'a' },
      preload: `
      import { Worker } from 'node:worker_threads';
      globalThis.ended = { byForce: 0 };
      const { terminate } = Worker.prototype;
      Worker.prototype.terminate = function () {
        globalThis.ended.byForce += 1;
        return terminate.call(this);
      };
    `,
      program: `
      await until(() => !vault.progress().building);
      // Notices are waited for, and looks are planned.
      writeFileSync(join(directory, 'B.md'), 'b');
      await vault.refresh('B.md');
      await vault.close();
      tell({ ...globalThis.ended, left: process.getActiveResourcesInfo().filter((name) => name === 'MessagePort') });
    `,
    });
    t.same(told, { byForce: 0, left: [] });
  },
);

t.test('a search that was left to a thread that does not answer is made without it', async (t) => {
  const notes = Object.fromEntries(
    Array.from({ length: 4200 }, (_, number) => [`${number}.md`, `common n${number}`]),
  );
  const words = 'n1* n2* n3* n4*';
  const { told } = await run(t, {
    notes,
    preload: slowWriter,
    program: `
      await until(() => !vault.progress().building);
      let turns = 0;
      const counting = setInterval(() => { turns += 1; }, 1);
      const before = await vault.search(${JSON.stringify(words)}, { limit: 100 });
      const turnsOfFirst = turns;
      writeFileSync(join(directory, 'spin.md'), '---\\nspin: true\\n---\\n');
      await setTimeout(1000);
      const [after, last] = [await vault.search(${JSON.stringify(words)}, { limit: 100 }), await vault.search(${JSON.stringify(words)}, { limit: 100 })];
      clearInterval(counting);
      await vault.close();
      tell({ before: before.length, after: after.length, last: last.length, hadTurns: turnsOfFirst > 0 });
    `,
  });
  t.same(told, { before: 100, after: 100, last: 100, hadTurns: true });
});
