// The disk fails between any two writes of a move: the share is away, nothing may be written any more, there is no room. All of
// the move is done then or nothing, at the latest with the next change or start, and the caller is told which.
// KILLS says at how many writes (npm run test:crash: at all).
import { type ExecFileException, execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { canMount, runWithMounts } from '../support/mounts.ts';

const run = promisify(execFile);
// All of them take more time than a run of all tests has. Odd, since what takes it back differs with even ones.
const step = Number(process.env['KILLS'] ?? 8) < 100 ? 7 : 1;

function url(module: string): string {
  return JSON.stringify(new URL(module, import.meta.url).href);
}

/** Prints a line of JSON (Seen) for each write at which the fault that is named began. */
const program = `
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ${url('../support/kill-at-write.ts')};
import { openVault } from ${url('../../api/vault/vault.ts')};
import { readTree } from ${url('../support/kills.ts')};
import { until } from ${url('../support/until.ts')};
import { writerOf } from ${url('../support/writer.ts')};

const [fault, top, step] = process.argv.slice(2);
const directory = join(top, 'notes');
const away = join(top, 'away');
const filler = join(top, 'filler');
const aFolder = { prepare: () => mkdirSync(directory), end: () => rmSync(directory, { recursive: true }) };
const aMount = {
  prepare: () => {
    for (const folder of [away, directory]) mkdirSync(folder);
    execFileSync('mount', ['--bind', away, directory]);
  },
  end: () => {
    execFileSync('umount', [directory]);
    for (const folder of [away, directory]) rmSync(folder, { recursive: true });
  },
};
const chmodFolders = (mode) => {
  const folders = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  const paths = [directory, ...folders.map(({ parentPath, name }) => join(parentPath, name))];
  for (const path of paths) chmodSync(path, mode);
};
const fill = () => {
  for (let size = 65536; size >= 1; size /= 16) {
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
    } catch {}
  }
};
const faults = {
  renamed: { ...aFolder, begin: () => renameSync(directory, away), heal: () => renameSync(away, directory) },
  closed: { ...aFolder, begin: () => chmodFolders(0o555), heal: () => chmodFolders(0o755) },
  full: { ...aFolder, begin: fill, heal: () => rmSync(filler) },
  unmounted: {
    ...aMount,
    begin: () => execFileSync('umount', ['-l', directory]),
    heal: () => execFileSync('mount', ['--bind', away, directory]),
  },
};
const { prepare, end, begin, heal } = faults[fault];
if (fault === 'closed' && process.getuid() === 0) process.seteuid(65534);

const notes = {
  'A/Old.md': '[[B]] [m](sub/deep.md)',
  'A/sub/deep.md': '[[../Old]] [[C]]',
  'A/p.png': 'x',
  'B.md': '---\\nup: "[[Old]]"\\n---\\n[[A/Old]] ![](A/p.png)',
  'C.md': '| [[Old\\\\|x]] |\\n|---|\\n' + 'C is long. '.repeat(2000),
  'D/far.md': '[m](../A/sub/deep.md) [[A/Old]]',
  'board.canvas': '{"nodes":[{"type":"file","file":"A/Old.md"}]}',
};

async function open() {
  const vault = await openVault({ directory, indexPath: ':memory:' });
  await until(() => !vault.progress().building, 'the index', 60_000);
  return vault;
}

async function look() {
  return JSON.stringify(await readTree(directory));
}

async function moveWith(at, [from, to]) {
  prepare();
  for (const [path, text] of Object.entries(notes)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  let vault = await open();
  const before = await look();
  let begun = false;
  globalThis.countWrites(at, () => {
    begun = true;
    begin();
  });
  const error = await writerOf(vault).move(from, { to }).then(() => undefined, (error) => error);
  globalThis.countWrites(Number.POSITIVE_INFINITY);
  const strange = begun && fault === 'unmounted' ? readdirSync(directory) : [];
  if (begun) heal();
  // The next change takes back what came to no end, and so does the next start.
  const { id } = await writerOf(at % 2 === 0 || !begun ? vault : await again()).create('made afterwards', 'x');
  async function again() {
    await vault.close();
    vault = await open();
    return vault;
  }
  const pending = readdirSync(join(directory, '.loop/changes')).filter((name) => name.endsWith('.pending'));
  await vault.close();
  rmSync(join(directory, id));
  const after = await look();
  end();
  return { begun, before, after, error: error && { name: error.name, message: error.message }, pending, strange };
}

for (const paths of [['A/Old.md', 'New/Deep/New.md'], ['A', 'Z/Moved']]) {
  const whole = await moveWith(Number.POSITIVE_INFINITY, paths);
  // Of a few, the second: the room that is reserved before the first step is at the sixteenth.
  for (let at = Math.min(2, Number(step)); ; at += Number(step)) {
    const { begun, before, after, ...seen } = await moveWith(at, paths);
    if (!begun) break;
    const state = after === before ? 'before' : after === whole.after ? 'after' : after;
    console.log(JSON.stringify({ at, to: paths[1], state, ...seen }));
  }
}
`;

interface Seen {
  at: number;
  to: string;
  state: string;
  error?: { name: string; message: string };
  pending: string[];
  /** What was made under the mount point while the share was away. */
  strange: string[];
}

/** What the caller may be told. Where it says that the move came to no end, that is seen to later. */
const told: Record<string, RegExp> = {
  renamed: /^(?:moved|VaultAway|ChangeUnfinished)$/,
  unmounted: /^(?:moved|VaultAway|ChangeUnfinished)$/,
  closed: /^(?:moved|VaultReadOnly|JournalNotUsable|NoteReadOnly|ChangeUnfinished)$/,
  full: /^(?:moved|VaultFull)$/,
};

/** How the program ended comes first in the message: what it had told by then is long. */
function tellEnd(cause: ExecFileException): never {
  throw new Error(`the program ended by ${cause.signal ?? cause.code}: ${cause.stderr}`);
}

async function runProgram(fault: string): Promise<string> {
  if (fault === 'full' || fault === 'unmounted') {
    const shell = `mount -t tmpfs -o size=2m none /mnt && program ${fault} /mnt ${step}`;
    return runWithMounts(shell, program);
  }
  const top = await mkdtemp(join(tmpdir(), 'faults-'));
  try {
    const file = join(top, 'program.mjs');
    await writeFile(file, program);
    if (process.getuid?.() === 0) await run('chmod', ['777', top]);
    return (await run(process.execPath, [file, fault, top, `${step}`]).catch(tellEnd)).stdout;
  } finally {
    await rm(top, { recursive: true, force: true });
  }
}

for (const [fault, name] of Object.entries({
  renamed: 'the folder of notes is renamed away for a while',
  closed: 'no folder may be written any more',
  unmounted: 'the share is not mounted any more',
  full: 'the disk is full',
})) {
  const needsMount = fault === 'full' || fault === 'unmounted';
  const skip = needsMount && !(await canMount()) && 'this machine lets nobody mount anything';
  t.test(
    `${name} in the middle of a move: it is made or it is not`,
    { skip, timeout: 900_000 },
    async (t) => {
      const lines = (await runProgram(fault)).trim().split('\n');
      const seen = lines.map((line) => JSON.parse(line) as Seen);
      for (const { at, to, state, error, pending, strange } of seen) {
        const label = `${to} at write ${at}: ${JSON.stringify(error ?? null)}`;
        const states =
          error?.name === 'ChangeUnfinished' ? ['before', 'after'] : [error ? 'before' : 'after'];
        t.ok(states.includes(state), label, { state });
        t.match(error?.name ?? 'moved', told[fault], label);
        t.same([pending, strange], [[], []], `nothing is left, ${label}`);
      }
      t.comment(
        JSON.stringify(
          Object.groupBy(seen, ({ error }) => error?.name ?? 'moved'),
          (_, value) => (Array.isArray(value) ? value.length || undefined : value),
        ),
      );
    },
  );
}
