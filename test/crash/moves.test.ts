// loop-api is killed between any two writes of a move: at its next start either nothing was moved, or all of it with every link.
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
  'D/far.md': '[m](../A/sub/deep.md) [[A/Old]]',
  'board.canvas': '{"nodes":[{"type":"file","file":"A/Old.md"}]}',
};

/** What is moved, and where to. */
const moves: Record<string, readonly [from: string, to: string]> = {
  'a note into a new folder': ['A/Old.md', 'New/Deep/New.md'],
  'a folder': ['A', 'Z/Moved'],
};

/**
 * Makes the move that its arguments say, in the vault that is the first of them. A file: a module given with --eval hands its
 * own flags on to every thread it starts, which then does not start.
 */
const program = `
import { openVault } from ${url('../../api/vault/vault.ts')};
import { until } from ${url('../support/until.ts')};
import { writerOf } from ${url('../support/writer.ts')};
const [directory, from, to] = process.argv.slice(2);
const vault = await openVault({ directory, indexPath: ':memory:' });
await until(() => !vault.progress().building, 'the index', 60_000);
globalThis.countWrites(Number(process.env.KILLED_AT));
await writerOf(vault).move(from, { to });
process.exit();
`;

function url(module: string): string {
  return JSON.stringify(new URL(module, import.meta.url).href);
}

/** True where it was killed at its `at`-th write, false where it had fewer. */
async function isKilledAt(at: number, file: string, args: readonly string[]): Promise<boolean> {
  const preload = new URL('../support/kill-at-write.ts', import.meta.url).href;
  const env = { ...process.env, KILLED_AT: String(at), NODE_V8_COVERAGE: '' };
  return run(process.execPath, ['--import', preload, file, ...args], { env }).then(
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

async function makeVault(t: Test): Promise<{ fresh: string; file: string; copy(): Promise<string> }> {
  const top = await mkdtemp(join(tmpdir(), 'crash-moves-'));
  t.teardown(() => rm(top, { recursive: true, force: true }));
  const fresh = join(top, 'fresh');
  for (const [path, text] of Object.entries(notes)) {
    await mkdir(dirname(join(fresh, path)), { recursive: true });
    await writeFile(join(fresh, path), text);
  }
  const file = join(top, 'program.mjs');
  await writeFile(file, program);
  let copies = 0;
  return {
    fresh,
    file,
    copy: async () => {
      copies += 1;
      await cp(fresh, join(top, `${copies}`), { recursive: true });
      return join(top, `${copies}`);
    },
  };
}

for (const [name, paths] of Object.entries(moves)) {
  t.test(
    `${name} is moved and killed at any moment, all is as before or all as afterwards`,
    { timeout: 1_800_000 },
    async (t) => {
      const { fresh, file, copy } = await makeVault(t);
      const before = await readTree(fresh);
      const whole = await copy();
      t.notOk(await isKilledAt(Number.MAX_SAFE_INTEGER, file, [whole, ...paths]));
      const after = await readTree(whole);
      t.notSame(after, before);
      const seen = { before: 0, after: 0 };
      // All of them take more time than a run of all tests has.
      const step = kills < 100 ? 17 : 1;
      for (let at = 1; seen.before + seen.after < kills; at += step) {
        const directory = await copy();
        if (!(await isKilledAt(at, file, [directory, ...paths]))) break;
        await startAgain(directory);
        const found = await readTree(directory);
        const state = JSON.stringify(found) === JSON.stringify(before) ? 'before' : 'after';
        seen[state] += 1;
        t.same(found, state === 'before' ? before : after, `at write ${at}: ${state}`);
        const left = await readdir(join(directory, '.loop/changes')).catch(() => []);
        t.same(
          left.filter((file) => file.endsWith('.pending')),
          [],
          'nothing is pending',
        );
        await rm(directory, { recursive: true });
      }
      t.comment(JSON.stringify(seen));
      t.ok(seen.before > 0);
    },
  );
}
