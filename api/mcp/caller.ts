// What the MCP SDK gets to know about the caller, and what of it a server takes: what the call may use.
import type { AuthInfo } from '@modelcontextprotocol/server';
import type { OwnAccess } from '../access.ts';
import type { Principal } from '../tokens/verifier.ts';

/**
 * `locals` are those that requireBearer and logRequests have filled; `access` is the caller's own, which is waited for by
 * those who use it: a client may connect before all of its part of the vault can be found.
 */
export function describeCaller(
  locals: Readonly<Record<string, unknown>>,
  access: OwnAccess | Promise<OwnAccess>,
): AuthInfo {
  const principal = locals['principal'] as Principal;
  return {
    // tools have no use for it, and must not be able to pass it on (MCP, Token Passthrough)
    token: '',
    clientId: principal.clientId,
    scopes: [...principal.scopes],
    expiresAt: principal.expiresAt,
    extra: { subject: principal.subject, requestId: locals['requestId'], access },
  };
}

/** Of one message: servers and streams are used for many, each with a token of its own. */
export function accessOf(authInfo: AuthInfo | undefined): OwnAccess | Promise<OwnAccess> {
  const access = authInfo?.extra?.['access'];
  if (access === undefined) throw new Error('a message came without what its caller may use');
  return access as OwnAccess | Promise<OwnAccess>;
}
