// Which scopes a JSON-RPC body needs that its token has not: found before any tool runs or any note is read.
import type { RefusedRequest } from '../tokens/bearer.ts';
import { allows } from '../tokens/scopes.ts';
import type { DescribedTool } from '../tools/tool.ts';
import { isJsonObject } from './json-object.ts';
import { noteResourceScopes } from './note-resources.ts';

export interface MissingScopes {
  /** All that the operation needs, those the token has included. */
  scopes: readonly string[];
  request: RefusedRequest;
}

/** Undefined when the token has what it needs. A body may be a batch in revision 2025-03-26. */
export function findMissingScopes(
  body: unknown,
  tools: readonly DescribedTool[],
  granted: readonly string[],
): MissingScopes | undefined {
  for (const message of [body].flat()) {
    const scopes = scopesOf(message, tools);
    if (!allows(granted, scopes)) {
      // in a batch the answer is one for all, and belongs to none of them
      const id = Array.isArray(body) ? undefined : idOf(message);
      return {
        scopes,
        request: { id, isToolCall: isJsonObject(message) && message['method'] === 'tools/call' },
      };
    }
  }
  return undefined;
}

function scopesOf(message: unknown, tools: readonly DescribedTool[]): readonly string[] {
  if (!isJsonObject(message)) return [];
  const { method, params } = message;
  if (method === 'resources/list' || method === 'resources/read') return noteResourceScopes;
  const name = method === 'tools/call' && isJsonObject(params) ? params['name'] : undefined;
  return tools.find((tool) => tool.name === name)?.scopes ?? [];
}

function idOf(message: unknown): string | number | undefined {
  const id = isJsonObject(message) ? message['id'] : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
