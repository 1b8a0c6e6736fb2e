// One loop-api process under many connections: how the slowest calls fare, whether any fails, whether memory stays.

import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { formatMb, formatMs, formatRatio, type Measure, percentile, printMeasures } from '../measure.ts';
import { type Clients, startClients } from './mcp-load.ts';
import { createRandom, makeNotes, type NoteFolder, vocabulary } from './notes.ts';
import { type ApiProcess, startApi, waitForIndex } from './process.ts';
import { startStandInAuth } from './stand-in-auth.ts';

const connections = 16;
/** One account may have no more than 255 calls at once (sharing/held-bytes.ts). */
const crowd = { connections: 256, accounts: 4, seconds: 20 };
/** Who connect while all of these call. */
const newcomers = { connections: 56, accounts: 4, seconds: 5 };
// As the image runs in compose's 256 MB: without them V8 takes what the machine has.
const nodeOptions = `--max-semi-space-size=2 --max-old-space-size=${Math.floor(0.3 * 256)}`;
const resource = 'http://localhost:8082/mcp';

export async function run({ seconds }: { seconds: number }): Promise<void> {
  const notes = makeNotes(10_000);
  writeLargeNote(notes);
  const auth = await startStandInAuth(resource);
  const clients = startClients();
  const api = await startApi({
    AUTH_ISSUER: auth.issuer,
    API_RESOURCE: resource,
    API_VAULT_DIR: notes.directory,
    API_INDEX_PATH: notes.indexPath,
    NODE_OPTIONS: nodeOptions,
  });
  await waitForIndex(api.url);
  await measureLong(api, clients, seconds);
  await measureCrowd(api, clients);
  await measureBeside(api, clients);
  await api.stop();
  await clients.stop();
  auth.close();
  notes.remove();
}

function describeSearches(api: ApiProcess) {
  const random = createRandom(7);
  const inputs = Array.from({ length: 1_000 }, () => ({
    query: vocabulary.english[20 + Math.floor(random() * 2_000)] ?? '',
  }));
  return { url: `${api.url}/mcp`, era: '2026-07-28', tool: 'search', inputs } as const;
}

async function measureLong(api: ApiProcess, clients: Clients, seconds: number): Promise<void> {
  const memory = [await api.memory()];
  const times: number[] = [];
  let errors = 0;
  for (let part = 0; part < 4; part += 1) {
    const quarter = { ...describeSearches(api), connections, until: { seconds: seconds / 4 } };
    const result = await clients.load(quarter);
    times.push(...result.times);
    errors += result.errors;
    memory.push(await api.memory());
  }
  printMeasures(`search on ${connections} connections for ${seconds} s, 10,000 notes`, [
    ...describe({ times, errors, seconds }),
    {
      what: 'memory at the start and after each quarter',
      value: memory.map(formatMb).join(', '),
      aim: 'flat, below 256 MB',
    },
  ]);
}

/** Each has a socket of its own, and nobody waits in the generator: how long a call takes is how long loop took. */
async function measureCrowd(api: ApiProcess, clients: Clients): Promise<void> {
  const { seconds, ...lanes } = crowd;
  const going = clients.load({ ...describeSearches(api), ...lanes, until: { seconds } });
  await setTimeout(2_000);
  const others = startClients();
  const meanwhile = { ...describeSearches(api), ...newcomers, until: { seconds: newcomers.seconds } };
  const late = await others.load(meanwhile);
  await others.stop();
  const { times, errors } = await going;
  printMeasures(
    `search on ${lanes.connections} connections of ${lanes.accounts} accounts for ${seconds} s, 10,000 notes; load ${loadavg()[0]?.toFixed(0)}`,
    [
      ...describe({ times, errors, seconds }),
      { what: 'the longest', value: formatMs(percentile(times, 1)), aim: 'under 2 s' },
      {
        what: `the longest of ${newcomers.connections} more who connected meanwhile`,
        value: formatMs(percentile(late.times, 1)),
        aim: 'under 2 s',
      },
      { what: 'memory after it', value: formatMb(await api.memory()), aim: 'below 256 MB' },
    ],
  );
}

/** As large as a note may be, of short lines with a link each and many headings. */
function writeLargeNote({ directory }: NoteFolder): void {
  const part = 'some words in a line, see [[Note 7]].\n\n## Part\n\n';
  writeFileSync(join(directory, 'Large.md'), part.repeat(5_000_000 / part.length));
}

const { english, korean } = vocabulary;
/** What takes longest of the calls that only read. */
const dearest = {
  'fetch of a note of 5 MB': { tool: 'fetch', inputs: [{ id: 'Large.md' }] },
  'the dearest searches': {
    tool: 'search',
    inputs: [
      english.slice(0, 120).join(' '),
      korean.slice(0, 100).join(''),
      `${english[0]} -${english.slice(1, 40).join(' -')}`,
      'ba* be* bi* bo*',
    ].map((query) => ({ query })),
  },
} as const;

/** How long light calls wait for those that take long. */
async function measureBeside(api: ApiProcess, clients: Clients): Promise<void> {
  const [url, era, until] = [`${api.url}/mcp`, '2026-07-28' as const, { seconds: 10 }];
  const light = { url, era, until, tool: 'list', inputs: [{ folder: '.hidden' }], connections: 4 };
  const alone = percentile((await clients.load(light)).times, 0.99);
  const others = startClients();
  const measures: Measure[] = [];
  for (const [what, call] of Object.entries(dearest)) {
    const going = others.load({ ...call, url, era, until, connections: 2 });
    const value = percentile((await clients.load(light)).times, 0.99);
    await going;
    const beside = `alone: ${formatMs(alone)}`;
    measures.push({
      what: `beside ${what}`,
      value: formatMs(value),
      beside,
      ratio: formatRatio(value / alone),
    });
  }
  await others.stop();
  printMeasures(`p99 of an empty list on 4 connections; load ${loadavg()[0]?.toFixed(0)}`, measures);
}

function describe({
  times,
  errors,
  seconds,
}: {
  times: number[];
  errors: number;
  seconds: number;
}): Measure[] {
  return [
    { what: 'calls', value: `${(times.length / seconds).toFixed(0)} /s` },
    { what: 'p50', value: formatMs(percentile(times, 0.5)) },
    { what: 'p99', value: formatMs(percentile(times, 0.99)) },
    { what: 'errors', value: String(errors), aim: '0' },
  ];
}
