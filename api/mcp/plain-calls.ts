// Calls of tools of the older revisions, answered without a server of the SDK: of what such a server does, nothing is left to do
// for them, and it takes half of the time of a light call.
import {
  type AuthInfo,
  type JSONRPCRequest,
  type JSONRPCResponse,
  ProtocolError,
} from '@modelcontextprotocol/server';
import type { DescribedTool } from '../tools/tool.ts';
import { isJsonObject } from './json-object.ts';
import type { PlainRequest } from './plain-requests.ts';
import type { CallTool } from './server.ts';

export interface PlainCall {
  id: JSONRPCRequest['id'];
  /** Of a tool that there is. */
  name: string;
  input: Record<string, unknown> | undefined;
}

const parameters: readonly string[] = ['name', 'arguments', '_meta'];

/**
 * A call of one of `tools` with arguments and `_meta` and nothing beside them, in an older revision. Undefined for all else, which
 * is the SDK's: it lifts members out of newer requests, and refuses what does not fit its schema.
 */
export function findPlainCall(
  { era, request }: PlainRequest,
  tools: readonly DescribedTool[],
): PlainCall | undefined {
  const { id, method, params } = request;
  if (era !== 'legacy' || method !== 'tools/call' || params === undefined) return undefined;
  if (!Object.keys(params).every((one) => parameters.includes(one))) return undefined;
  const { name, arguments: input } = params;
  const tool = tools.find((one) => one.name === name);
  return tool && isInput(input) ? { id, name: tool.name, input } : undefined;
}

// the schema of the SDK drops what is called `__proto__`
function isInput(value: unknown): value is PlainCall['input'] {
  return value === undefined || (isJsonObject(value) && !Object.hasOwn(value, '__proto__'));
}

/** As the SDK answers (JSON-RPC 2.0, section 5). */
export async function answerPlainCall(
  { id, name, input }: PlainCall,
  callTool: CallTool,
  authInfo: AuthInfo,
): Promise<JSONRPCResponse> {
  try {
    return { result: await callTool(name, input, authInfo), jsonrpc: '2.0', id };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { code, message } = error;
    return { jsonrpc: '2.0', id, error: { code, message } };
  }
}
