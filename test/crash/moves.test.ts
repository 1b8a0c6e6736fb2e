// loop-api is killed between any two writes of a move or an edit: at its next start either nothing was changed, or all of it, of a
// move with every link.
// KILLS says how often (npm run test:crash: 200).
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { openVault } from '../../api/vault/vault.ts';
import { readTree } from '../support/kills.ts';
import { until } from '../support/until.ts';
import { writerOf } from '../support/writer.ts';

const run = promisify(execFile);
const kills = Number(process.env['KILLS'] ?? 8);

const notes: Record<string, string> = {
  'A/Old.md': '[[B]] [m](sub/deep.md)',
  'A/sub/deep.md': '[[../Old]] [[C]]',
  'A/p.png': 'x',
  'B.md': '---\nup: "[[Old]]"\n---\n[[A/Old]] ![](A/p.png)',
  'C.md': '| [[Old\\|x]] |\n|---|\n',
  'E.md': '---\nup: x\n---\n# H\n\nold\n',
  'D/far.md': '[m](../A/sub/deep.md) [[A/Old]]',
  'board.canvas': '{"nodes":[{"type":"file","file":"A/Old.md"}]}',
};

/** What is done with the `writer`; a note has the `revision` that it has. */
const changes: Record<string, string> = {
  'a note is moved into a new folder': `writer.move('A/Old.md', { to: 'New/Deep/New.md' })`,
  'a folder is moved': `writer.move('A', { to: 'Z/Moved' })`,
  'a section is edited': `writer.edit('E.md', { edit: { part: 'section', heading: 'H', text: 'new', at: 'end' }, revision })`,
};

/**
 * Makes the change in the vault that is its argument. A file: a module given with --eval hands its
 * own flags on to every thread it starts, which then does not start.
 */
const programOf = (change: string): string => `
import { readFileSync } from 'node:fs';
import { createRevision } from ${url('../../api/vault/notes/content.ts')};
import { openVault } from ${url('../../api/vault/vault.ts')};
import { until } from ${url('../support/until.ts')};
import { writerOf } from ${url('../support/writer.ts')};
const [directory] = process.argv.slice(2);
const vault = await openVault({ directory, indexPath: ':memory:' });
await until(() => !vault.progress().building, 'the index', 60_000);
const writer = writerOf(vault);
const revision = createRevision(readFileSync(directory + '/E.md'));
globalThis.countWrites(Number(process.env.KILLED_AT));
await ${change};
process.exit();
`;

function url(module: string): string {
  return JSON.stringify(new URL(module, import.meta.url).href);
}

/** True where it was killed at its `at`-th write, false where it had fewer. */
async function isKilledAt(at: number, file: string, directory: string): Promise<boolean> {
  const preload = new URL('../support/kill-at-write.ts', import.meta.url).href;
  const env = { ...process.env, KILLED_AT: String(at), NODE_V8_COVERAGE: '' };
  return run(process.execPath, ['--import', preload, file, directory], { env }).then(
    () => false,
    (error: { signal?: string }) => {
      if (error.signal !== 'SIGKILL') throw error;
      return true;
    },
  );
}

/** What loop-api does at its start is done before the first change. */
async function startAgain(directory: string): Promise<void> {
  const vault = await openVault({ directory, indexPath: ':memory:' });
  await until(() => !vault.progress().building, 'the index', 60_000);
  const made = await writerOf(vault).create('made afterwards', 'x');
  await vault.close();
  await rm(join(directory, made.id));
}

async function makeVault(
  t: Test,
  change: string,
): Promise<{ fresh: string; file: string; copy(): Promise<string> }> {
  const top = await mkdtemp(join(tmpdir(), 'crash-moves-'));
  t.teardown(() => rm(top, { recursive: true, force: true }));
  const fresh = join(top, 'fresh');
  for (const [path, text] of Object.entries(notes)) {
    await mkdir(dirname(join(fresh, path)), { recursive: true });
    await writeFile(join(fresh, path), text);
  }
  const file = join(top, 'program.mjs');
  await writeFile(file, programOf(change));
  let copies = 0;
  return {
    fresh,
    file,
    copy: async () => {
      copies += 1;
      const directory = join(top, `${copies}`);
      await cp(fresh, directory, { recursive: true });
      return directory;
    },
  };
}

for (const [name, change] of Object.entries(changes)) {
  t.test(
    `${name} and loop-api killed at any moment, all is as before or all as afterwards`,
    { timeout: 1_800_000 },
    async (t) => {
      const { fresh, file, copy } = await makeVault(t, change);
      const before = await readTree(fresh);
      const whole = await copy();
      t.notOk(await isKilledAt(Number.MAX_SAFE_INTEGER, file, whole));
      const after = await readTree(whole);
      t.notSame(after, before);
      const seen = { before: 0, after: 0 };
      const killAt = async (at: number): Promise<boolean> => {
        const directory = await copy();
        if (!(await isKilledAt(at, file, directory))) return false;
        await startAgain(directory);
        const found = await readTree(directory);
        const state = JSON.stringify(found) === JSON.stringify(before) ? 'before' : 'after';
        seen[state] += 1;
        t.same(found, state === 'before' ? before : after, `at write ${at}: ${state}`);
        const left = await readdir(join(directory, '.loop/changes')).catch(() => []);
        const pending = left.filter((file) => file.endsWith('.pending'));
        t.same(pending, [], 'nothing is pending');
        await rm(directory, { recursive: true });
        return true;
      };
      // All of them take more time than a run of all tests has.
      const step = kills < 100 ? 25 : 1;
      // Two at a time: each waits for the disk most of its time.
      for (let at = 1; seen.before + seen.after < kills; at += 2 * step) {
        const both = await Promise.all([at, at + step].map(killAt));
        if (both.includes(false)) break;
      }
      t.comment(JSON.stringify(seen));
      t.ok(seen.before > 0);
    },
  );
}
