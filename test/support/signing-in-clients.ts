// The official clients as they sign in by themselves: each connection is one of its own, with the memory that it is given.
import {
  Client as ClientOf2,
  StreamableHTTPClientTransport as TransportOf2,
} from '@modelcontextprotocol/client';
import { Client as ClientOf1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportOf1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { MemoryOAuthClient } from '../../scripts/demo/oauth-client.ts';

export interface Opened {
  readonly client: Pick<ClientOf1 | ClientOf2, 'callTool' | 'close'>;
  readonly connect: () => Promise<void>;
  /** Hands over the address that the browser was sent back to. */
  readonly finish: (answer: URL) => Promise<void>;
}

const info = { name: 'a test', version: '1.0.0' };

/** By name: SDK 1.x, and 2.x in both ways to settle the revision. */
export const signingInClients: Readonly<Record<string, (url: URL, oauth: MemoryOAuthClient) => Opened>> = {
  'SDK 1.x': (url, oauth) => {
    const client = new ClientOf1(info);
    const transport = new TransportOf1(url, { authProvider: oauth as never });
    return {
      client,
      connect: () => client.connect(transport as never),
      finish: (answer) => transport.finishAuth(answer.searchParams.get('code') ?? ''),
    };
  },
  'SDK 2.x (legacy negotiation)': (url, oauth) => openOf2(url, oauth, 'legacy'),
  'SDK 2.x (auto negotiation)': (url, oauth) => openOf2(url, oauth, 'auto'),
};

function openOf2(url: URL, oauth: MemoryOAuthClient, mode: 'legacy' | 'auto'): Opened {
  const client = new ClientOf2(info, { versionNegotiation: { mode } });
  const transport = new TransportOf2(url, { authProvider: oauth });
  return {
    client,
    connect: () => client.connect(transport),
    finish: (answer) => transport.finishAuth(answer.searchParams),
  };
}
