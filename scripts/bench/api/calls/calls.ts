// A tool call over HTTP: with the bearer check and without, beside the SDK's usual way of a new McpServer for each, and beside
// an Express, and node alone, that answer the same bytes and do nothing.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { formatRatio, type Measure, percentile, printMeasures } from '../../measure.ts';
import { type Clients, type Era, type LoadOptions, startClients } from '../mcp-load.ts';
import { makeNotes, type NoteFolder, vocabulary } from '../notes.ts';
import type { Side } from './sides.ts';

const rounds = 30;
/** Turns that are not counted: code is compiled while it runs, and on a busy machine late. */
const warmUps = 20;
const calls = {
  /** Does nearly nothing, so that what is around it shows. */
  'an empty list': { tool: 'list', inputs: [{ folder: '.hidden' }] },
  'a search': { tool: 'search', inputs: vocabulary.english.slice(20, 400).map((query) => ({ query })) },
};
type Call = keyof typeof calls;
/** Some dozen collections of young garbage in each turn. */
const pressure = { connections: 16, until: { calls: 500 } };
export async function run(): Promise<void> {
  const notes = makeNotes(1_000);
  const sides = {
    checked: await Server.start('checked', notes),
    unchecked: await Server.start('unchecked', notes),
    stock: await Server.start('stock', notes),
    bare: await Server.start('bare', notes),
    node: await Server.start('node', notes),
  };
  const clients = startClients();
  const checkCost = await sides.checked.ask('check');
  const measures: Measure[] = [];
  for (const era of ['2026-07-28', '2025-11-25'] as const) {
    measures.push(...(await measureEra(era, sides, checkCost, clients)));
  }
  printMeasures(
    `tools/call, 16 connections: processor time of a call, lower quartiles of ${rounds} turns; load ${loadavg()[0]?.toFixed(0)}`,
    measures,
  );
  await Promise.all([clients.stop(), ...Object.values(sides).map((side) => side.stop())]);
  notes.remove();
}

type Sides = Record<Side, Server>;

class Server {
  readonly url: string;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}/`;
  }

  static async start(side: Side, { directory, indexPath }: NoteFolder): Promise<Server> {
    const program = fileURLToPath(new URL('./server.ts', import.meta.url));
    const child = fork(program, [side, directory, `${indexPath}.${side}`]);
    return new Server(child, await hear(child));
  }

  ask(question: 'processor time' | 'check'): Promise<number> {
    this.#child.send(question);
    return hear(this.#child);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }
}

async function hear(child: ChildProcess): Promise<number> {
  const [number] = (await once(child, 'message')) as [number];
  return number;
}

async function measureEra(era: Era, sides: Sides, checkCost: number, clients: Clients): Promise<Measure[]> {
  const { checked, unchecked, stock, bare, node } = sides;
  const list = await compareInTurns(era, 'an empty list', { checked, stock, bare, node }, clients);
  const search = await compareInTurns(era, 'a search', { checked, unchecked }, clients);
  const format = (microseconds: number): string => `${microseconds.toFixed(0)} µs`;
  return [
    {
      what: `${era}, the check alone`,
      value: `${checkCost.toFixed(1)} µs`,
      beside: `an empty list: ${format(list.checked)}`,
      ratio: formatRatio((list.checked - checkCost) / list.checked),
      aim: 'at least 0.95',
    },
    {
      what: `${era}, a search`,
      value: format(search.checked),
      beside: `check off: ${format(search.unchecked)}`,
      ratio: formatRatio(search.unchecked / search.checked),
      aim: 'at least 0.95',
    },
    {
      what: `${era}, an empty list`,
      value: format(list.checked),
      beside: `new McpServer for each: ${format(list.stock)}`,
      ratio: formatRatio(list.stock / list.checked),
      aim: era === '2026-07-28' ? 'at least 2' : 'at least 5',
    },
    {
      what: `${era}, the same without what node takes`,
      value: format(list.checked - list.node),
      beside: `new McpServer: ${format(list.stock - list.node)} (node: ${format(list.node)}, with Express: ${format(list.bare)})`,
      ratio: formatRatio((list.stock - list.node) / (list.checked - list.node)),
    },
  ];
}

// In turns, so that whatever else the machine does meets all alike; and of the turns the lower quartile, since what it does can
// only make a call dearer: it takes the caches, and keeps the threads waiting that compile and collect garbage.
async function compareInTurns<Name extends string>(
  era: Era,
  call: Call,
  sides: Record<Name, Server>,
  clients: Clients,
): Promise<Record<Name, number>> {
  const names = Object.keys(sides) as Name[];
  const costs = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -warmUps; round < rounds; round += 1) {
    // to and fro: whoever is first has no advantage
    for (const name of round % 2 ? names : names.toReversed()) {
      const cost = await measure({ ...pressure, ...calls[call], era }, sides[name], clients);
      if (round >= 0) costs[name].push(cost);
    }
  }
  return Object.fromEntries(names.map((name) => [name, percentile(costs[name], 0.25)])) as Record<
    Name,
    number
  >;
}

async function measure(options: Omit<LoadOptions, 'url'>, server: Server, clients: Clients): Promise<number> {
  const before = await server.ask('processor time');
  const { times, errors } = await clients.load({ ...options, url: server.url });
  if (errors > 0) throw new Error(`${errors} calls failed`);
  return ((await server.ask('processor time')) - before) / times.length;
}
