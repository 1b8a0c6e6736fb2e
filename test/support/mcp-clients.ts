// The official clients of both SDKs, connected to one endpoint with a token.
import { Client as ModernClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Test } from 'tap';

/** The client of version 1, and that of version 2 in revision 2026-07-28; closed with the test. */
export async function connectBoth(t: Test, url: string): Promise<[Client, ModernClient]> {
  const requestInit = { headers: { authorization: 'Bearer good' } };
  const older = new Client({ name: 'test', version: '1' });
  const transport = new OlderTransport(new URL(`${url}/mcp`), { requestInit });
  await older.connect(transport as Parameters<typeof older.connect>[0]);
  const modern = new ModernClient(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  await modern.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
  t.teardown(() => Promise.all([older.close(), modern.close()]));
  return [older, modern];
}

type AnyClient = Pick<Client | ModernClient, 'callTool'>;

/** Both as a person sets them up who gives them one fixed header; by the SDK's name, closed with the test. */
export async function openWithHeader(
  t: Test,
  mcpUrl: string,
  authorization: string,
): Promise<Array<readonly [string, AnyClient]>> {
  const requestInit = { headers: { Authorization: authorization } };
  const older = new Client({ name: 'test', version: '1' });
  const transport = new OlderTransport(new URL(mcpUrl), { requestInit });
  await older.connect(transport as Parameters<typeof older.connect>[0]);
  const modern = new ModernClient({ name: 'test', version: '1' });
  await modern.connect(new StreamableHTTPClientTransport(new URL(mcpUrl), { requestInit }));
  t.teardown(() => Promise.all([older.close(), modern.close()]));
  return [
    ['SDK 1.x', older],
    ['SDK 2.x', modern],
  ];
}
