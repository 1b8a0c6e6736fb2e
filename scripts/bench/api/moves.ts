// A move with 1,000 links to mend, each in a note of its own: how long it takes and what is written for it, beside writing those
// notes once and nothing else.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openVault, type Vault } from '../../../api/vault/vault.ts';
import { formatRatio, median, printMeasures, timeOf } from '../measure.ts';

const links = 1_000;
/** As large as a note that somebody writes. */
const paragraph = 'A line that has nothing to do with it, as most lines of most notes have. '.repeat(25);
const rounds = 5;
const cause = { client: { id: 'bench' }, account: { id: 'bench' } };

export async function run(): Promise<void> {
  const top = mkdtempSync(join(tmpdir(), 'bench-moves-'));
  const directory = join(top, 'notes');
  const names = makeNotes(directory);
  const vault = await openVault({ directory, indexPath: join(top, 'index.db') });
  while (vault.progress().building) await setTimeout(20);
  const moves = await measureMoves(vault);
  const least = await measureWrites(directory, names);
  const entry = sizeOfLastEntry(directory);
  const notes = names.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  printMeasures(`move_note with ${links} links to mend in as many notes, beside writing these notes once`, [
    {
      what: 'time',
      value: `${(moves.ms / 1000).toFixed(2)} s`,
      beside: `each written and synced: ${(least / 1000).toFixed(2)} s`,
      ratio: formatRatio(moves.ms / least),
    },
    {
      what: 'bytes in the notes and the journal',
      value: formatKb(notes + entry),
      beside: `the notes: ${formatKb(notes)}`,
      ratio: formatRatio((notes + entry) / notes),
    },
    {
      what: 'bytes written by the process, the index among them',
      value: formatKb(moves.bytes),
      beside: `the notes: ${formatKb(notes)}`,
      ratio: formatRatio(moves.bytes / notes),
    },
  ]);
  await vault.close();
  rmSync(top, { recursive: true });
}

function makeNotes(directory: string): string[] {
  const names = Array.from({ length: links }, (_, count) => `note ${count}.md`);
  mkdirSync(directory, { recursive: true });
  for (const name of ['Target.md', ...names]) {
    writeFileSync(join(directory, name), `# ${name}\n\nSee [[Target]].\n\n${paragraph}\n`);
  }
  return names;
}

async function measureMoves(vault: Vault): Promise<{ ms: number; bytes: number }> {
  const writer = vault.writerFor?.(cause);
  const times: number[] = [];
  const bytes: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [from, to] = [round === 0 ? 'Target.md' : `Target ${round}.md`, `Target ${round + 1}.md`];
    const before = countWritten();
    times.push(await timeOf(() => writer?.move(from, { to })));
    bytes.push(countWritten() - before);
  }
  return { ms: median(times), bytes: median(bytes) };
}

async function measureWrites(directory: string, names: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    times.push(
      await timeOf(async () => {
        for (const name of names) {
          const text = readFileSync(join(directory, name));
          const file = await open(join(directory, name), 'r+');
          await file.writeFile(text);
          await file.sync();
          await file.close();
        }
      }),
    );
  }
  return median(times);
}

function sizeOfLastEntry(directory: string): number {
  const folder = join(directory, '.loop/changes');
  const last = readdirSync(folder).sort().at(-1) ?? '';
  return statSync(join(folder, last)).size;
}

/** What all threads of this process have given to write(2), proc(5). */
function countWritten(): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

const formatKb = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KB`;
