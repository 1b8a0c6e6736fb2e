// What the MCP SDK, and through it a tool, gets to know about the caller.
import type { AuthInfo } from '@modelcontextprotocol/server';
import type { Principal } from '../tokens/verifier.ts';

/** `locals` are those that requireBearer and logRequests have filled. */
export function describeCaller(locals: Readonly<Record<string, unknown>>): AuthInfo {
  const principal = locals['principal'] as Principal;
  return {
    // tools have no use for it, and must not be able to pass it on (MCP, Token Passthrough)
    token: '',
    clientId: principal.clientId,
    scopes: [...principal.scopes],
    expiresAt: principal.expiresAt,
    extra: { subject: principal.subject, requestId: locals['requestId'] },
  };
}
