// One loop-api process under many connections: how the slowest calls fare, whether any fails, whether memory stays.

import { loadavg } from 'node:os';
import { formatMb, formatMs, type Measure, percentile, printMeasures } from '../measure.ts';
import { type Clients, startClients } from './mcp-load.ts';
import { createRandom, makeNotes, vocabulary } from './notes.ts';
import { type ApiProcess, startApi, waitForIndex } from './process.ts';
import { startStandInAuth } from './stand-in-auth.ts';

const connections = 16;
const crowd = { connections: 256, seconds: 20 };
// As the image runs in compose's 256 MB: without them V8 takes what the machine has.
const nodeOptions = `--max-semi-space-size=2 --max-old-space-size=${Math.floor(0.3 * 256)}`;
const resource = 'http://localhost:8082/mcp';

export async function run({ seconds }: { seconds: number }): Promise<void> {
  const notes = makeNotes(10_000);
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
  const { connections: count, seconds } = crowd;
  const until = { seconds };
  const { times, errors } = await clients.load({ ...describeSearches(api), connections: count, until });
  printMeasures(
    `search on ${count} connections for ${seconds} s, 10,000 notes; load ${loadavg()[0]?.toFixed(0)}`,
    [
      ...describe({ times, errors, seconds }),
      { what: 'the longest', value: formatMs(percentile(times, 1)), aim: 'under 2 s' },
      { what: 'memory after it', value: formatMb(await api.memory()), aim: 'below 256 MB' },
    ],
  );
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
