// The index: how long the first one takes beside a bare FTS5 build, and what one that is there costs a start.
import { statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { openVault } from '../../../api/vault/vault.ts';
import { formatMb, formatMs, formatRatio, type Measure, median, printMeasures } from '../measure.ts';
import { buildBareIndex } from './bare-fts5.ts';
import { makeNotes, type NoteFolder } from './notes.ts';
import { startApi, waitForIndex } from './process.ts';

const rounds = 5;
const noteCount = 10_000;
const joiningMs = 15_000;

export async function run(): Promise<void> {
  const notes = makeNotes(noteCount);
  const measures = [...(await measureFirstIndex(notes)), ...(await measureStarts(notes))];
  printMeasures('Index of 10,000 notes', measures);
  notes.remove();
}

async function measureFirstIndex(notes: NoteFolder): Promise<Measure[]> {
  const own: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { database, buildMs } = buildBareIndex(notes.directory, `${notes.indexPath}.bare${round}`);
    database.close();
    bare.push(buildMs);
    const startedAt = performance.now();
    const vault = await openVault({ directory: notes.directory, indexPath: `${notes.indexPath}${round}` });
    while (vault.progress().building) await setTimeout(5);
    own.push(performance.now() - startedAt);
    // Its pieces are joined after that, and what this leaves empty is given back.
    if (round === rounds - 1) await setTimeout(joiningMs);
    await vault.close();
  }
  const bytesOf = (name: string): number =>
    statSync(`${notes.indexPath}${name}${rounds - 1}`).size / noteCount;
  return [
    {
      what: 'first index, thread and all',
      value: formatMs(median(own)),
      beside: `bare FTS5: ${formatMs(median(bare))}`,
      ratio: formatRatio(median(own) / median(bare)),
      aim: 'at most 3',
    },
    {
      what: 'bytes of its file, a note',
      value: bytesOf('').toFixed(0),
      beside: `bare FTS5: ${bytesOf('.bare').toFixed(0)}`,
      ratio: formatRatio(bytesOf('') / bytesOf('.bare')),
    },
  ];
}

async function measureStarts(notes: NoteFolder): Promise<Measure[]> {
  const empty = makeNotes(0);
  const full = { API_VAULT_DIR: notes.directory, API_INDEX_PATH: notes.indexPath };
  const none = { API_VAULT_DIR: empty.directory, API_INDEX_PATH: empty.indexPath };
  const times = { full: [] as number[], none: [] as number[] };
  const memory = { full: [] as number[], none: [] as number[] };
  // the first start makes each index, and is not counted
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, settings] of [
      ['full', full],
      ['none', none],
    ] as const) {
      const api = await startApi(settings);
      await waitForIndex(api.url);
      if (round > 0) {
        times[name].push(api.readyMs);
        memory[name].push(await api.memory());
      }
      await api.stop();
    }
  }
  empty.remove();
  return [
    {
      what: 'start to ready, index there',
      value: formatMs(median(times.full)),
      beside: `empty vault: ${formatMs(median(times.none))}`,
      ratio: formatRatio(median(times.full) / median(times.none)),
      aim: 'at most 1.5',
    },
    {
      what: 'memory after the start',
      value: formatMb(median(memory.full)),
      beside: `empty vault: ${formatMb(median(memory.none))}`,
    },
  ];
}
