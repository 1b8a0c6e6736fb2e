// Which scopes a JSON-RPC body needs that its token has not: found before any tool runs.
import type { Tool } from './tools/tool.ts';

export interface MissingScopes {
  /** All that the operation needs, those the token has included. */
  scopes: readonly string[];
  /** The `id` of the request that is refused. */
  requestId: string | number | undefined;
}

/** Undefined when the token has what it needs. A body may be a batch in revision 2025-03-26. */
export function findMissingScopes(
  body: unknown,
  tools: readonly Tool[],
  granted: readonly string[],
): MissingScopes | undefined {
  for (const message of [body].flat()) {
    const call = findToolCall(message);
    const scopes = tools.find((tool) => tool.name === call?.name)?.scopes ?? [];
    if (!scopes.every((scope) => granted.includes(scope))) {
      // in a batch the answer is one for all, and belongs to none of them
      return { scopes, requestId: Array.isArray(body) ? undefined : call?.id };
    }
  }
  return undefined;
}

/** What the listed tools need, no more: without writing tools nobody is asked to allow writing. */
export function listScopes(tools: readonly Tool[]): string[] {
  return [...new Set(tools.flatMap((tool) => tool.scopes))];
}

function findToolCall(message: unknown): { name: string; id: string | number | undefined } | undefined {
  if (!isRecord(message) || message['method'] !== 'tools/call' || !isRecord(message['params']))
    return undefined;
  const { name } = message['params'];
  const { id } = message;
  if (typeof name !== 'string') return undefined;
  return { name, id: typeof id === 'string' || typeof id === 'number' ? id : undefined };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
