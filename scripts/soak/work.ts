// What a client does with a call: the tools of a day, one after the other.
import { randomUUID } from 'node:crypto';
import type { Client } from '@modelcontextprotocol/client';

/** `number` counts the calls of a client. Throws where a tool refuses. */
export type Work = (client: Client, number: number) => Promise<void>;

const queries = ['project', 'backup', 'meeting', '인증'];

export const searchOnly: Work = async (client, number) => {
  await call(client, 'search', { query: queries[number % queries.length] });
};

const day: readonly Work[] = [
  searchOnly,
  async (client) => void (await call(client, 'fetch', { id: 'Projects/Loop.md' })),
  async (client) => void (await call(client, 'list', { of: 'recent' })),
  async (client) => void (await call(client, 'scan', {})),
  writeAndDelete,
];

export const mixed: Work = (client, number) => (day[number % day.length] ?? searchOnly)(client, number);

/** A note of its own each time, so that no call waits for another, and none is left but where something went wrong. */
async function writeAndDelete(client: Client): Promise<void> {
  const path = `Soak/${randomUUID()}.md`;
  const { id } = await call(client, 'create_note', { path, text: 'Made by the soak.' });
  const { revision } = await call(client, 'append_to_note', { id, text: 'And one line more.' });
  await call(client, 'delete_note', { id, revision });
}

async function call(
  client: Client,
  name: string,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const result = await client.callTool({ name, arguments: input });
  if (result.isError) throw new Error(`${name}: ${JSON.stringify(result.content).slice(0, 120)}`);
  return (result.structuredContent ?? {}) as Record<string, unknown>;
}
