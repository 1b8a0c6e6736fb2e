// api/tools/tools.ts: what a model is told of the tools, and how much of its attention that takes.
import { Client as ModernClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import t from 'tap';
import { startGoodWorld } from '../../support/loop-api.ts';

const requestInit = { headers: { authorization: 'Bearer good' } };

t.test('the list of tools takes 3,400 tokens at most, and says how a model gets on', async (t) => {
  const { url } = await startGoodWorld(t);
  const older = new Client({ name: 'test', version: '1' });
  const transport = new OlderTransport(new URL(`${url}/mcp`), { requestInit });
  await older.connect(transport as Parameters<typeof older.connect>[0]);
  const modern = new ModernClient(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  await modern.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
  t.teardown(() => Promise.all([older.close(), modern.close()]));
  for (const client of [older, modern]) {
    const { tools } = await client.listTools();
    t.ok(tools.length <= 10);
    const { length } = JSON.stringify({ tools });
    t.ok(length / 4 <= 3_400, `${length / 4} tokens`);
    const named = new Map(tools.map((tool) => [tool.name, tool]));
    t.match(named.get('fetch'), {
      description: /metadata\.outline.*metadata\.next/,
      inputSchema: {
        properties: { id: { type: 'string', description: /url.*name.*\[\[link\]\].*#Heading.*#\^block/ } },
      },
    });
    t.same(Object.keys(named.get('fetch')?.inputSchema.properties ?? {}), ['id']);
    t.match(named.get('scan'), { description: /nextCursor/, inputSchema: { properties: { order: {} } } });
    t.match(named.get('append_to_note')?.inputSchema, { properties: { id: { description: /exact id/ } } });
    t.match(client.getInstructions(), /metadata\.next/);
  }
});
