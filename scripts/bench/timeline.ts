// What the timeline costs: the processor time of an introspection and of a tool call, with it and without, in turns.

import { startClients } from './api/mcp-load.ts';
import { makeNotes } from './api/notes.ts';
import { startApi, waitForIndex } from './api/process.ts';
import { startStandInAuth } from './api/stand-in-auth.ts';
import { BenchServer } from './auth/introspection-load.ts';
import { formatRatio, type Measure, median, printMeasures } from './measure.ts';

/** Microseconds of one request, in this round. */
type Side = () => Promise<number>;

const off = ['--import', new URL('./timeline-off.ts', import.meta.url).href];
// Many and short: a machine that is busy with other things is so in waves.
const rounds = 60;
const requests = 400;
const resource = 'http://localhost:8082/mcp';

export async function run(): Promise<void> {
  printMeasures('The timeline: processor time of an introspection', [await measureIntrospection()]);
  printMeasures('The timeline: processor time of a tool call', [await measureCalls()]);
}

async function measureIntrospection(): Promise<Measure> {
  const servers = {
    on: await BenchServer.start('sqlite', 300, 50),
    off: await BenchServer.startWith(off, 'sqlite', 300, 50),
  };
  const side =
    (server: BenchServer): Side =>
    async () =>
      (await server.introspect((done) => done >= requests)).cpuMicrosecondsPerRequest;
  const measure = await compare('an introspection', { on: side(servers.on), off: side(servers.off) });
  await Promise.all(Object.values(servers).map((server) => server.stop()));
  return measure;
}

async function measureCalls(): Promise<Measure> {
  const auth = await startStandInAuth(resource);
  const clients = startClients();
  const start = async (options: string) => {
    const notes = makeNotes(200);
    const api = await startApi({
      AUTH_ISSUER: auth.issuer,
      API_RESOURCE: resource,
      API_VAULT_DIR: notes.directory,
      API_INDEX_PATH: notes.indexPath,
      NODE_OPTIONS: options,
    });
    await waitForIndex(api.url);
    return { api, notes };
  };
  const started = { on: await start(''), off: await start(off.join(' ')) };
  const side =
    ({ api }: Awaited<ReturnType<typeof start>>): Side =>
    async () => {
      const before = await api.cpuMicroseconds();
      const { times, errors } = await clients.load({
        url: `${api.url}/mcp`,
        era: '2026-07-28',
        connections: 8,
        until: { seconds: 0.4 },
        tool: 'list',
        inputs: [{ of: 'folder' }],
      });
      if (errors > 0) throw new Error(`${errors} calls failed`);
      return ((await api.cpuMicroseconds()) - before) / times.length;
    };
  const measure = await compare('a tool call', { on: side(started.on), off: side(started.off) });
  for (const { api, notes } of Object.values(started)) {
    await api.stop();
    notes.remove();
  }
  await clients.stop();
  auth.close();
  return measure;
}

// In turns, and compared within each, so that whatever else the machine does meets both.
async function compare(what: string, sides: Readonly<Record<'on' | 'off', Side>>): Promise<Measure> {
  const turns: { on: number; off: number }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const turn = { on: 0, off: 0 };
    const order: ('on' | 'off')[] = ['on', 'off'];
    // To and fro: whoever is first has no advantage.
    for (const name of round % 2 ? order : order.toReversed()) turn[name] = await sides[name]();
    // The first one warms the compilers up.
    if (round > 0) turns.push(turn);
  }
  const without = median(turns.map((turn) => turn.off));
  return {
    what: `${what}, the timeline on`,
    value: `${median(turns.map((turn) => turn.on)).toFixed(0)} µs`,
    beside: `off: ${without.toFixed(0)} µs`,
    ratio: formatRatio(median(turns.map((turn) => turn.on / turn.off))),
    aim: 'at most 1.03 ×',
  };
}
