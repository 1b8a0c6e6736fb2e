// How an MCP client gets its tokens: it is refused, finds the authorization server, registers, and a person allows it.
import { Client, type StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { MemoryOAuthClient } from './oauth-client.ts';

/** `allow` gives where the browser was sent in the end; `transport` is one of the client's, and is not used again. */
export async function connectOnce(
  transport: StreamableHTTPClientTransport,
  oauth: MemoryOAuthClient,
  allow: (authorizationUrl: URL) => Promise<URL>,
): Promise<void> {
  const client = new Client({ name: 'loop', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(transport).catch(() => undefined);
  if (!oauth.pendingAuthorization) throw new Error('the client never asked for authorization');
  const answer = await allow(oauth.pendingAuthorization);
  await transport.finishAuth(answer.searchParams);
}
