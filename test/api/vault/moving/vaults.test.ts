// Random moves in whole vaults on the disk, there and back, with every link counted before and after by a checker that shares
// nothing with the mover: the sample vault and one made by chance, or the folder that MOVES_VAULT names.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { EditRefused, NoteExists, PathRefused } from '../../../../api/vault/errors.ts';
import { openVault } from '../../../../api/vault/vault.ts';
import { describeForms, findBroken } from '../../../support/link-checker.ts';
import { createChance, createLinkedVault, createMove } from '../../../support/linked-vault.ts';
import { until } from '../../../support/until.ts';
import { writerOf } from '../../../support/writer.ts';

t.setTimeout(3_600_000);

const moves = Number(process.env['MOVES'] ?? 10);
const given = process.env['MOVES_VAULT'];
const sample = join(import.meta.dirname, '../../../../api/sample-vault');

type Files = Map<string, string | undefined>;

async function readVault(directory: string): Promise<Files> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const visible = files
    .map((path) => path.slice(directory.length + 1))
    .filter((path) => !/(?:^|\/)\./.test(path));
  const read = async (path: string): Promise<[string, string | undefined]> => [
    path.normalize('NFC'),
    /\.(?:md|markdown|canvas)$/i.test(path) ? await readFile(join(directory, path), 'utf8') : undefined,
  ];
  return new Map(await Promise.all(visible.sort().map(read)));
}

interface Counts {
  moves: number;
  refused: number;
  mended: number;
  worked: number;
  broken: number;
  brokenBack: number;
  changedForm: number;
  otherBytes: number;
}

/** Each move is made, made back, and every second one made once more and kept. */
async function moveAbout(t: Test, directory: string): Promise<Counts> {
  const vault = await openVault({ directory, indexPath: ':memory:' });
  t.teardown(() => vault.close());
  await until(() => !vault.progress().building, 'the index', 120_000);
  const writer = writerOf(vault);
  const chance = createChance(7);
  const counts = {
    moves: 0,
    refused: 0,
    mended: 0,
    worked: 0,
    broken: 0,
    brokenBack: 0,
    changedForm: 0,
    otherBytes: 0,
  };
  for (let before = await readVault(directory); counts.moves < moves; ) {
    const folders = [...new Set([...before.keys()].map((path) => (path.includes('/') ? dirname(path) : '')))];
    const move = createMove(chance, { files: before, folders }, counts.moves);
    if (move === undefined) continue;
    const { from, to, moved } = move;
    const done = await writer.move(from, { to }).catch((error: unknown) => {
      const isRefusal = [EditRefused, NoteExists, PathRefused].some((refusal) => error instanceof refusal);
      if (!isRefusal) throw error;
      t.comment(`${from} to ${to}: ${error}`);
      counts.refused += 1;
    });
    if (done === undefined) continue;
    counts.moves += 1;
    counts.mended += done.mended;
    const after = await readVault(directory);
    const there = findBroken(before, after, (path) => moved.get(path) ?? path);
    t.same(there.broken.slice(0, 3), [], `${from} to ${to}`);
    await writer.move(to, { to: from });
    const again = await readVault(directory);
    const back = findBroken(before, again, (path) => path);
    t.same(back.broken.slice(0, 3), [], `${to} back to ${from}`);
    const hasKept = (path: string): boolean => {
      const form = describeForms(before, path);
      return form === describeForms(after, moved.get(path) ?? path) && form === describeForms(again, path);
    };
    const changed = [...before.keys()].filter((path) => !hasKept(path));
    const forms = new Set(changed);
    const other = [...before].filter(([path, text]) => !forms.has(path) && again.get(path) !== text);
    t.same(other.map(([path]) => path).slice(0, 3), [], `${from} to ${to}: the same bytes again`);
    counts.worked = Math.max(counts.worked, there.worked);
    counts.broken += there.broken.length;
    counts.brokenBack += back.broken.length;
    counts.changedForm += forms.size;
    counts.otherBytes += other.length;
    if (counts.moves % 2 === 0) await writer.move(from, { to });
    before = counts.moves % 2 === 0 ? await readVault(directory) : again;
  }
  return counts;
}

async function copyVault(t: Test, from: string): Promise<string> {
  const top = await mkdtemp(join(tmpdir(), 'moves-'));
  t.teardown(() => rm(top, { recursive: true }));
  const directory = join(top, basename(from));
  await cp(from, directory, { recursive: true, filter: (path) => basename(path) !== '.git' });
  return directory;
}

t.test(
  `no link is broken by moves in ${given === undefined ? 'the sample vault' : 'the vault that is given'}`,
  async (t) => {
    const counts = await moveAbout(t, await copyVault(t, given ?? sample));
    t.comment(JSON.stringify(counts));
    t.match(counts, { broken: 0, brokenBack: 0, otherBytes: 0 });
  },
);

t.test(
  'no link is broken by moves in a vault with every kind of link',
  { skip: given !== undefined },
  async (t) => {
    const top = await mkdtemp(join(tmpdir(), 'moves-'));
    t.teardown(() => rm(top, { recursive: true }));
    for (const [path, text = 'x'] of createLinkedVault(5, { notes: 60, isOdd: false }).files) {
      await mkdir(dirname(join(top, path)), { recursive: true });
      await writeFile(join(top, path), text);
    }
    const counts = await moveAbout(t, top);
    t.comment(JSON.stringify(counts));
    t.match(counts, { broken: 0, brokenBack: 0, otherBytes: 0 });
  },
);
