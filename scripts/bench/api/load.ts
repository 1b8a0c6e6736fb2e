// One loop-api process under 16 connections: how the slowest calls fare, whether any fails, whether memory stays.

import { formatMb, formatMs, type Measure, percentile, printMeasures } from '../measure.ts';
import { load } from './mcp-load.ts';
import { createRandom, makeNotes, vocabulary } from './notes.ts';
import { startApi, waitForIndex } from './process.ts';
import { startStandInAuth } from './stand-in-auth.ts';

const connections = 16;
// As the image runs in compose's 256 MB: without them V8 takes what the machine has.
const nodeOptions = `--max-semi-space-size=2 --max-old-space-size=${Math.floor(0.3 * 256)}`;
const resource = 'http://localhost:8082/mcp';

export async function run({ seconds }: { seconds: number }): Promise<void> {
  const notes = makeNotes(10_000);
  const auth = await startStandInAuth(resource);
  const api = await startApi({
    AUTH_ISSUER: auth.issuer,
    API_RESOURCE: resource,
    API_VAULT_DIR: notes.directory,
    API_INDEX_PATH: notes.indexPath,
    NODE_OPTIONS: nodeOptions,
  });
  await waitForIndex(api.url);
  const random = createRandom(7);
  const inputs = Array.from({ length: 1_000 }, () => ({
    query: vocabulary.english[20 + Math.floor(random() * 2_000)] ?? '',
  }));
  const memory = [await api.memory()];
  const times: number[] = [];
  let errors = 0;
  const quarter = {
    url: `${api.url}/mcp`,
    era: '2026-07-28',
    connections,
    seconds: seconds / 4,
    tool: 'search',
    inputs,
  } as const;
  for (let part = 0; part < 4; part += 1) {
    const result = await load(quarter);
    times.push(...result.times);
    errors += result.errors;
    memory.push(await api.memory());
  }
  await api.stop();
  auth.close();
  notes.remove();
  const measures: Measure[] = [
    { what: 'calls', value: `${(times.length / seconds).toFixed(0)} /s` },
    { what: 'p50', value: formatMs(percentile(times, 0.5)) },
    { what: 'p99', value: formatMs(percentile(times, 0.99)) },
    { what: 'errors', value: String(errors), aim: '0' },
    {
      what: 'memory at the start and after each quarter',
      value: memory.map(formatMb).join(', '),
      aim: 'flat, below 256 MB',
    },
  ];
  printMeasures(`search on ${connections} connections for ${seconds} s, 10,000 notes`, measures);
}
