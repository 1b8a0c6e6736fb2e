// api/tools/tools.ts: what a model is told of the tools, and how much of its attention that takes.
import t from 'tap';
import { startGoodWorld } from '../../support/loop-api.ts';
import { connectBoth } from '../../support/mcp-clients.ts';

t.test('the list of tools takes 3,400 tokens at most, and says how a model gets on', async (t) => {
  const { url } = await startGoodWorld(t);
  for (const client of await connectBoth(t, url)) {
    const { tools } = await client.listTools();
    t.ok(tools.length <= 10);
    const { length } = JSON.stringify({ tools });
    t.ok(length / 4 <= 3_400, `${length / 4} tokens`);
    for (const { description = '' } of tools) t.ok(description.length <= 300, description);
    const named = new Map(tools.map((tool) => [tool.name, tool]));
    t.match(named.get('fetch'), {
      description: /metadata\.outline.*metadata\.next/,
      inputSchema: {
        properties: { id: { type: 'string', description: /url.*name.*\[\[link\]\].*#Heading.*#\^block/ } },
      },
    });
    t.same(Object.keys(named.get('fetch')?.inputSchema.properties ?? {}), ['id']);
    t.match(named.get('scan'), { description: /nextCursor/, inputSchema: { properties: { order: {} } } });
    t.match(named.get('append_to_note')?.inputSchema, { properties: { id: { description: /^Exact id/ } } });
    t.match(client.getInstructions(), /metadata\.next/);
  }
});
