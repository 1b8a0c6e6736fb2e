// Which requests any connected server can answer, so that one of a pool may: nearly all calls, of every revision.
import type { IncomingHttpHeaders } from 'node:http';
import {
  isJSONRPCRequest,
  type JSONRPCRequest,
  PROTOCOL_VERSION_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server';
import { isJsonObject } from './json-object.ts';
import { newestRevision } from './server.ts';

export interface PlainRequest {
  era: 'modern' | 'legacy';
  request: JSONRPCRequest;
}

/**
 * One request and no batch, no `initialize`, and nothing about its headers that the SDK would refuse. Undefined for all
 * else, which is the SDK's to answer. Its own classifyInboundRequest says the same (a test compares the two) and takes as
 * long as half of a call.
 */
export function findPlainRequest(headers: IncomingHttpHeaders, body: unknown): PlainRequest | undefined {
  if (!isRequest(body) || body.method === 'initialize') return undefined;
  const meta = body.params?._meta ?? {};
  const isModern = PROTOCOL_VERSION_META_KEY in meta;
  if (!isModern) return isOlderVersion(headers) ? { era: 'legacy', request: body } : undefined;
  const isPlain = meta[PROTOCOL_VERSION_META_KEY] === newestRevision && saysTheSame(headers, body);
  return isPlain ? { era: 'modern', request: body } : undefined;
}

const members: readonly string[] = ['jsonrpc', 'id', 'method', 'params'];

/** As the SDK's isJSONRPCRequest, which is asked about `_meta` only: its schema takes as long as finding the tool and calling it. */
function isRequest(body: unknown): body is JSONRPCRequest {
  if (!isJsonObject(body) || !Object.keys(body).every((name) => members.includes(name))) return false;
  const { jsonrpc, id, method, params = {} } = body;
  if (jsonrpc !== '2.0' || typeof method !== 'string') return false;
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) return false;
  return isJsonObject(params) && (!('_meta' in params) || isJSONRPCRequest(body));
}

function isOlderVersion({ 'mcp-protocol-version': version }: IncomingHttpHeaders): boolean {
  return version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(version as string);
}

/** Of each method that may be asked for here, the parameter that the header Mcp-Name repeats. */
const named = new Map<string, string | undefined>([
  ['tools/call', 'name'],
  ['tools/list', undefined],
  ['resources/list', undefined],
  ['resources/templates/list', undefined],
  ['resources/read', 'uri'],
]);
/** Begins a value that is not written as it is (MCP, Standard Request Headers). */
const encoded = '=?';

// MCP (Streamable HTTP, Standard Request Headers): they repeat what the body says. To the letter here; whether anything else is
// the same too is for the SDK to say.
function saysTheSame(headers: IncomingHttpHeaders, { method, params }: JSONRPCRequest): boolean {
  if (headers['mcp-protocol-version'] !== newestRevision || headers['mcp-method'] !== method) return false;
  if (!named.has(method)) return false;
  const parameter = named.get(method);
  const name = headers['mcp-name'];
  if (parameter === undefined) return name === undefined;
  return typeof name === 'string' && name === params?.[parameter] && !name.startsWith(encoded);
}
