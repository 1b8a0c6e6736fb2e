// One loop-api beside one of two workers, in turns: searches a second on 64 connections, and what a search costs.
import { copyFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { formatRatio, type Measure, median, printMeasures } from '../../measure.ts';
import { createRandom, makeNotes, type NoteFolder, vocabulary } from '../notes.ts';
import { type ApiProcess, startApi, waitForIndex } from '../process.ts';
import { startStandInAuth } from '../stand-in-auth.ts';
import { loadLanes } from './lanes.ts';

const connections = 64;
const rounds = 6;
const noteCount = 10_000;
const resource = 'http://localhost:8082/mcp';

interface Side {
  api: ApiProcess;
  perSecond: number[];
  /** Microseconds of processor time a search, of all workers. */
  cost: number[];
}

export async function run({ seconds }: { seconds: number }): Promise<void> {
  const notes = makeNotes(noteCount);
  const auth = await startStandInAuth(resource);
  const start = async (workers: number, indexPath: string): Promise<ApiProcess> => {
    const api = await startApi({
      AUTH_ISSUER: auth.issuer,
      API_RESOURCE: resource,
      API_VAULT_DIR: notes.directory,
      API_INDEX_PATH: indexPath,
      API_WORKERS: String(workers),
    });
    await waitForIndex(api.url);
    return api;
  };
  const sides = await startBoth(notes, start);
  const generator: number[] = [];
  let errors = 0;
  for (let round = 0; round <= rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
      const before = await side.api.cpuMicroseconds();
      const result = await loadLanes({ ...calls(side.api), seconds: seconds / rounds / 2 });
      errors += result.errors;
      // the first warms up
      if (round === 0) continue;
      side.perSecond.push(result.perSecond);
      side.cost.push(((await side.api.cpuMicroseconds()) - before) / result.calls);
      generator.push(result.cpuMicroseconds / result.calls);
    }
  }
  for (const { api } of sides) await api.stop();
  auth.close();
  notes.remove();
  print(sides, { generator, errors });
}

/** Each has its own file, of one build. */
async function startBoth(
  notes: NoteFolder,
  start: (workers: number, indexPath: string) => Promise<ApiProcess>,
): Promise<[one: Side, two: Side]> {
  await (await start(1, notes.indexPath)).stop();
  const copy = `${notes.indexPath}.copy`;
  copyFileSync(notes.indexPath, copy);
  const create = (api: ApiProcess): Side => ({ api, perSecond: [], cost: [] });
  return [create(await start(1, notes.indexPath)), create(await start(2, copy))];
}

function calls({ url }: ApiProcess) {
  const random = createRandom(7);
  const queries = Array.from(
    { length: 1_000 },
    () => vocabulary.english[20 + Math.floor(random() * 2_000)] ?? '',
  );
  return { url: `${url}/mcp`, connections, queries };
}

function print(
  [one, two]: readonly [one: Side, two: Side],
  { generator, errors }: { generator: number[]; errors: number },
): void {
  const measures: Measure[] = [
    {
      what: 'searches a second, two workers',
      value: median(two.perSecond).toFixed(0),
      beside: `one process: ${median(one.perSecond).toFixed(0)}`,
      ratio: formatRatio(median(two.perSecond) / median(one.perSecond)),
      aim: 'at least 1.6',
    },
    {
      what: 'processor time a search, two workers',
      value: `${median(two.cost).toFixed(0)} µs`,
      beside: `one process: ${median(one.cost).toFixed(0)} µs`,
      ratio: formatRatio(median(two.cost) / median(one.cost)),
    },
    { what: 'processor time a search, of who asks', value: `${median(generator).toFixed(0)} µs` },
    { what: 'errors', value: String(errors), aim: '0' },
    { what: "the machine's load at the end", value: (loadavg()[0] ?? 0).toFixed(1) },
  ];
  printMeasures(
    `search on ${connections} connections, ${noteCount.toLocaleString('en')} notes, ${rounds} turns each`,
    measures,
  );
}
