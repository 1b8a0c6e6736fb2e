// A tool call over HTTP: with the bearer check and without, and beside the SDK's usual way of a new McpServer for each.

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import express from 'express';
import { z } from 'zod';
import { IntrospectionCache } from '../../api/introspection-cache.ts';
import { createLogger } from '../../api/log.ts';
import { createMcpEndpoint } from '../../api/mcp.ts';
import { createNoteResources } from '../../api/note-resources.ts';
import { parseResourceIdentifiers } from '../../api/resource-identifiers.ts';
import { createTokenVerifier, type Principal } from '../../api/token-verifier.ts';
import type { Tool } from '../../api/tools/tool.ts';
import { createTools } from '../../api/tools/tools.ts';
import { openVault } from '../../api/vault/vault.ts';
import { type Era, load } from './mcp-load.ts';
import { formatRatio, type Measure, median, printMeasures } from './measure.ts';
import { makeNotes } from './notes.ts';

const rounds = 7;
/** A cheap tool, so that what is around it shows. */
const call = { tool: 'list', inputs: [{ folder: 'Folder 0', limit: 5 }], connections: 16, seconds: 1.5 };
const resources = parseResourceIdentifiers('http://localhost:8082/mcp');
const issuer = 'http://localhost:8083';

export async function run(): Promise<void> {
  const notes = makeNotes(1_000);
  const vault = await openVault(notes);
  while (vault.progress().building) await setTimeout(20);
  const tools = createTools(vault, String);
  const endpoint = createMcpEndpoint({
    tools,
    notes: createNoteResources(vault),
    verify: createVerify(),
    resources,
    logger: createLogger({ write: () => undefined }),
  });
  const servers = {
    checked: await listen(express().all('/mcp', endpoint.handlers)),
    unchecked: await listen(express().all('/mcp', endpoint.handlers.with(1, allowEverything))),
    stock: await listen(createStockServer(tools)),
  };
  const measures: Measure[] = [];
  for (const era of ['2026-07-28', '2025-11-25'] as const) measures.push(...(await measureEra(era, servers)));
  printMeasures(
    'tools/call over HTTP on 16 connections: time of the server on a processor for each call, and how many calls the same time is good for',
    measures,
  );
  for (const server of Object.values(servers)) server.close();
  await endpoint.close();
  await vault.close();
  notes.remove();
}

type Servers = Record<'checked' | 'unchecked' | 'stock', { url: string; close(): void }>;

// In turns, so that whatever else the machine does meets all alike. The time is that of this thread on a processor: the
// clients have a thread of their own, and what other processes take does not count.
async function measureEra(era: Era, servers: Servers): Promise<Measure[]> {
  const costs: Record<keyof Servers, number[]> = { checked: [], unchecked: [], stock: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of ['checked', 'unchecked', 'stock'] as const) {
      const before = process.threadCpuUsage();
      const { times, errors } = await load({ ...call, url: servers[name].url, era });
      const { user, system } = process.threadCpuUsage(before);
      if (errors > 0) throw new Error(`${errors} calls of ${name} failed`);
      // the first is for the compiler
      if (round > 0) costs[name].push((user + system) / times.length);
    }
  }
  const format = (microseconds: number): string => `${microseconds.toFixed(0)} µs`;
  const checked = median(costs.checked);
  const compare = (name: 'unchecked' | 'stock', beside: string, aim: string): Measure => ({
    what: `${era}, bearer check and handler`,
    value: format(checked),
    beside: `${beside}: ${format(median(costs[name]))}`,
    ratio: formatRatio(median(costs[name]) / checked),
    aim,
  });
  return [
    compare('unchecked', 'check off', 'at least 0.95'),
    compare('stock', 'new McpServer for each', era === '2026-07-28' ? 'at least 1.5' : 'at least 3'),
  ];
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
  return createTokenVerifier({ introspect: (token) => cache.introspect(token), issuer, resources });
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
function createStockServer(tools: readonly Tool[]): RequestListener {
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
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'stock', version: '1' });
    for (const { name, config, runTool } of described) {
      server.registerTool(name, config, async (input) => {
        const output = await runTool(input);
        return { content: [{ type: 'text', text: JSON.stringify(output) }], structuredContent: output };
      });
    }
    return server;
  });
  const handle = toNodeHandler(handler);
  // the SDK's own types disagree with exactOptionalPropertyTypes
  return express().post(
    '/mcp',
    express.json(),
    (req, res) => void handle(req as NodeIncomingMessageLike, res, req.body),
  );
}

async function listen(listener: RequestListener): Promise<{ url: string; close(): void }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
