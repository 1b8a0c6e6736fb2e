// A tool call over HTTP: with the bearer check and without, and beside the SDK's usual way of a new McpServer for each.

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, type McpHttpHandler, McpServer } from '@modelcontextprotocol/server';
import express from 'express';
import { z } from 'zod';
import { mostNotesAtOnce, Turns } from '../../../api/answers/turns.ts';
import { HeldBytes } from '../../../api/http/held-bytes.ts';
import { createLogger } from '../../../api/http/log.ts';
import { createMcpEndpoint } from '../../../api/mcp/endpoint.ts';
import { createNoteResources } from '../../../api/mcp/note-resources.ts';
import { IntrospectionCache } from '../../../api/tokens/introspection-cache.ts';
import { createAudienceCheck, parseResourceIdentifiers } from '../../../api/tokens/resource-identifiers.ts';
import { createTokenVerifier, type Principal } from '../../../api/tokens/verifier.ts';
import type { Tool } from '../../../api/tools/tool.ts';
import { createTools } from '../../../api/tools/tools.ts';
import { openVault } from '../../../api/vault/vault.ts';
import { formatRatio, type Measure, median, printMeasures } from '../measure.ts';
import { type Era, load } from './mcp-load.ts';
import { makeNotes, vocabulary } from './notes.ts';

const rounds = 16;
/** Turns that are not counted: code that has just been loaded is slower. */
const warmUps = 4;
const calls = {
  /** Does nearly nothing, so that what is around it shows. */
  'an empty list': { tool: 'list', inputs: [{ folder: '.hidden' }] },
  'a search': { tool: 'search', inputs: vocabulary.english.slice(20, 400).map((query) => ({ query })) },
};
type Call = keyof typeof calls;
const pressure = { connections: 16, seconds: 0.75 };
const resources = parseResourceIdentifiers('http://localhost:8082/mcp');
const issuer = 'http://localhost:8083';
const caller = { client: { id: 'bench' }, account: { id: 'bench' } };

export async function run(): Promise<void> {
  const notes = makeNotes(1_000);
  const vault = await openVault(notes);
  while (vault.progress().building) await setTimeout(20);
  const turns = new Turns(mostNotesAtOnce);
  const tools = createTools(vault, String, turns);
  const logger = createLogger({ write: () => undefined });
  const access = { tools, notes: createNoteResources({ vault, turns }) };
  const parts = { ...access, findAccess: () => ({ ...access, caller }), logger };
  const heldBytes = new HeldBytes();
  const endpoint = createMcpEndpoint({ ...parts, verify: createVerify(), resources, heldBytes });
  const stock = createStockHandler(tools);
  // one server and one application, so that nothing differs but what is compared
  const app = express()
    .all('/checked', endpoint.handlers)
    .all('/unchecked', endpoint.handlers.with(1, allowEverything))
    .post('/stock', express.json(), mount(stock));
  const server = await listen(app);
  const urlOf = (path: string): string => new URL(path, server.url).href;
  const urls = { checked: urlOf('checked'), unchecked: urlOf('unchecked'), stock: urlOf('stock') };
  const measures: Measure[] = [];
  const checkCost = await measureCheck(endpoint.handlers[1]);
  for (const era of ['2026-07-28', '2025-11-25'] as const) {
    measures.push(...(await measureEra(era, urls, checkCost)));
  }
  printMeasures(
    'tools/call, 16 connections: time of the server thread on a processor for each call, and how many calls the same time is good for',
    measures,
  );
  server.close();
  await endpoint.close();
  await vault.close();
  notes.remove();
}

type Urls = Record<'checked' | 'unchecked' | 'stock', string>;

async function measureEra(era: Era, urls: Urls, checkCost: number): Promise<Measure[]> {
  const list = await compareInTurns(era, 'an empty list', urls);
  const search = await compareInTurns(era, 'a search', { checked: urls.checked, unchecked: urls.unchecked });
  const format = (microseconds: number): string => `${microseconds.toFixed(0)} µs`;
  return [
    {
      what: `${era}, the check alone`,
      value: `${checkCost.toFixed(1)} µs`,
      beside: `an empty list: ${format(list.unchecked.cost)}`,
      ratio: formatRatio(list.unchecked.cost / (list.unchecked.cost + checkCost)),
      aim: 'at least 0.95',
    },
    {
      what: `${era}, a search`,
      value: format(search.checked.cost),
      beside: `check off: ${format(search.unchecked.cost)}`,
      ratio: formatRatio(search.unchecked.ratio),
      aim: 'at least 0.95',
    },
    {
      what: `${era}, an empty list`,
      value: format(list.checked.cost),
      beside: `check off: ${format(list.unchecked.cost)}`,
      ratio: formatRatio(list.unchecked.ratio),
    },
    {
      what: `${era}, an empty list`,
      value: format(list.checked.cost),
      beside: `new McpServer for each: ${format(list.stock.cost)}`,
      ratio: formatRatio(list.stock.ratio),
      aim: era === '2026-07-28' ? 'at least 1.5' : 'at least 3',
    },
  ];
}

/** Microseconds of a call, and how many times that of a checked one it is. */
type Costs<Name extends string> = Record<Name, { cost: number; ratio: number }>;

// In turns, and compared within each turn, so that whatever else the machine does meets all alike. The time is that of
// this thread on a processor: the clients have a thread of their own, and what other processes take does not count.
async function compareInTurns<Name extends string>(
  era: Era,
  call: Call,
  urls: Record<Name | 'checked', string>,
): Promise<Costs<Name | 'checked'>> {
  const names = Object.keys(urls) as (Name | 'checked')[];
  const turns: Record<Name | 'checked', number>[] = [];
  for (let round = -warmUps; round < rounds; round += 1) {
    const turn = {} as Record<Name | 'checked', number>;
    // to and fro: whoever is first has no advantage
    for (const name of round % 2 ? names : names.toReversed()) {
      turn[name] = await measureServer(urls[name], era, call);
    }
    if (round >= 0) turns.push(turn);
  }
  const entries = names.map((name) => [
    name,
    {
      cost: median(turns.map((turn) => turn[name])),
      ratio: median(turns.map((turn) => turn[name] / turn.checked)),
    },
  ]);
  return Object.fromEntries(entries);
}

async function measureServer(url: string, era: Era, call: Call): Promise<number> {
  const before = process.threadCpuUsage();
  const { times, errors } = await load({ ...pressure, ...calls[call], url, era });
  const { user, system } = process.threadCpuUsage(before);
  if (errors > 0) throw new Error(`${errors} calls failed`);
  return (user + system) / times.length;
}

// The very same handlers differ by some hundredths in the measure above; this one is finer.
async function measureCheck(check: express.RequestHandler | undefined): Promise<number> {
  const req = { headers: { authorization: 'Bearer bench' } } as express.Request;
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = process.threadCpuUsage();
    for (let number = 0; number < 5_000; number += 1) {
      await Promise.resolve(check?.(req, { locals: {} } as express.Response, () => undefined));
    }
    const { user, system } = process.threadCpuUsage(before);
    costs.push((user + system) / 5_000);
  }
  return median(costs);
}

// The real path of a token that has been seen: hash, cache, our rules.
function createVerify(): ReturnType<typeof createTokenVerifier> {
  const cache = new IntrospectionCache({
    introspect: () =>
      Promise.resolve({
        active: true,
        tokenType: 'Bearer',
        issuer,
        audience: [resources.mcp],
        expiresAt: Math.floor(Date.now() / 1_000) + 3_600,
        subject: 'person',
        clientId: 'client',
        scopes: ['vault.read'],
      }),
    cacheSeconds: 30,
    staleSeconds: 900,
    onEvent: () => undefined,
    onReachable: () => undefined,
  });
  return createTokenVerifier({
    introspect: (token) => cache.introspect(token),
    issuer,
    isOwn: createAudienceCheck(resources),
  });
}

const principal: Principal = {
  subject: 'person',
  clientId: 'client',
  scopes: ['vault.read'],
  expiresAt: 1e10,
};

const allowEverything: express.RequestHandler = (_req, res, next) => {
  res.locals['principal'] = principal;
  next();
};

// As the SDK's own examples do: a McpServer with its tools for each request, here with the very same tools and no auth.
function createStockHandler(tools: readonly Tool[]): McpHttpHandler {
  const described = tools.map(({ definition, name, run: runTool }) => ({
    name,
    runTool,
    config: {
      title: definition.title,
      description: definition.description,
      inputSchema: z.fromJSONSchema(definition.inputSchema) as z.ZodObject,
      outputSchema: z.fromJSONSchema(definition.outputSchema) as z.ZodObject,
    },
  }));
  return createMcpHandler(() => {
    const server = new McpServer({ name: 'stock', version: '1' });
    for (const { name, config, runTool } of described) {
      server.registerTool(name, config, async (input) => {
        const output = await runTool(input, caller);
        return { content: [{ type: 'text', text: JSON.stringify(output) }], structuredContent: output };
      });
    }
    return server;
  });
}

function mount(handler: McpHttpHandler): express.RequestHandler {
  const handle = toNodeHandler(handler);
  // the SDK's own types disagree with exactOptionalPropertyTypes
  return (req, res) => handle(req as NodeIncomingMessageLike, res, req.body);
}

async function listen(listener: RequestListener): Promise<{ url: string; close(): void }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
