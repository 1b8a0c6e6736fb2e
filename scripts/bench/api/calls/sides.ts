// What is compared: loop's endpoint on Express, the SDK's usual way on Express, and an answer that nothing is done for, with and
// without Express.
import type { RequestListener } from 'node:http';
import { json } from 'node:stream/consumers';
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, type McpHttpHandler, McpServer } from '@modelcontextprotocol/server';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { createLogger } from '../../../../api/http/log.ts';
import { createMcpEndpoint, type McpEndpoint } from '../../../../api/mcp/endpoint.ts';
import { createNoteResources } from '../../../../api/mcp/note-resources.ts';
import { HeldBytes } from '../../../../api/sharing/held-bytes.ts';
import { mostNotesAtOnce, Turns } from '../../../../api/sharing/turns.ts';
import { IntrospectionCache } from '../../../../api/tokens/introspection-cache.ts';
import {
  createAudienceCheck,
  parseResourceIdentifiers,
} from '../../../../api/tokens/resource-identifiers.ts';
import { createTokenVerifier, type Principal } from '../../../../api/tokens/verifier.ts';
import type { Tool } from '../../../../api/tools/tool.ts';
import { createTools } from '../../../../api/tools/tools.ts';
import type { Vault } from '../../../../api/vault/vault.ts';
import { median } from '../../measure.ts';

export type Side = 'checked' | 'unchecked' | 'stock' | 'bare' | 'node';

const resources = parseResourceIdentifiers('http://localhost:8082/mcp');
const issuer = 'http://localhost:8083';
const caller = { client: { id: 'bench' }, account: { id: 'bench' } };

export function createSide(side: Side, vault: Vault): RequestListener {
  switch (side) {
    case 'checked':
      return express().all('/', createEndpoint(vault).handlers);
    case 'unchecked':
      return express().all('/', createEndpoint(vault).handlers.with(1, allowEverything));
    case 'stock':
      return express().post('/', express.json(), mount(createStockHandler(createTools(vault, String))));
    case 'bare':
      return express().post('/', express.json(), (_req, res) => void res.type('json').send(bareAnswer));
    case 'node':
      return answerBarely;
  }
}

function createEndpoint(vault: Vault): McpEndpoint {
  const turns = new Turns(mostNotesAtOnce);
  const access = { tools: createTools(vault, String, turns), notes: createNoteResources({ vault, turns }) };
  return createMcpEndpoint({
    ...access,
    findAccess: () => ({ ...access, caller }),
    logger: createLogger({ write: () => undefined }),
    verify: createVerify(),
    resources,
    heldBytes: new HeldBytes(),
  });
}

const checkRounds = 16;

/** Microseconds. The same handlers with the check and without differ by some hundredths when they are called; this is finer. */
export async function measureCheck(vault: Vault): Promise<number> {
  const check = createEndpoint(vault).handlers[1];
  const req = { headers: { authorization: 'Bearer bench' } } as Request;
  const costs: number[] = [];
  for (let round = 0; round < checkRounds; round += 1) {
    const before = process.cpuUsage();
    for (let number = 0; number < 5_000; number += 1) {
      await Promise.resolve(check?.(req, { locals: {} } as Response, () => undefined));
    }
    const { user, system } = process.cpuUsage(before);
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

const allowEverything: RequestHandler = (_req, res, next) => {
  res.locals['principal'] = principal;
  next();
};

/** As long as that of an empty list. */
const bareAnswer = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  result: { content: [{ type: 'text', text: '{}' }], structuredContent: { entries: [], folder: '.hidden' } },
});

const answerBarely: RequestListener = (req, res) => {
  void json(req).then(() => {
    const head = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(bareAnswer) };
    res.writeHead(200, head).end(bareAnswer);
  });
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

function mount(handler: McpHttpHandler): RequestHandler {
  const handle = toNodeHandler(handler);
  // the SDK's own types disagree with exactOptionalPropertyTypes
  return (req, res) => handle(req as NodeIncomingMessageLike, res, req.body);
}
