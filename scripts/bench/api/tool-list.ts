// What the list of tools costs a model before the first question: every client puts it into its context.
import { createTools } from '../../../api/tools/tools.ts';
import type { Vault } from '../../../api/vault/vault.ts';
import type { NoteWriter } from '../../../api/vault/writing/writer.ts';
import { printMeasures } from '../measure.ts';

export function run(): Promise<void> {
  const vault = { writerFor: () => ({}) as NoteWriter } as unknown as Vault;
  const tools = createTools(vault, String).map(({ definition }) => definition);
  const rows = tools.map((tool) => ({ what: tool.name, value: formatTokens([tool]) }));
  // models see names, descriptions and input schemas; what they answer with is for programs
  const seen = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  printMeasures('Tool list, tokens (characters / 4, an approximation)', [
    ...rows,
    { what: 'all', value: formatTokens(tools) },
    { what: 'all: names, descriptions and input schemas', value: formatTokens(seen) },
  ]);
  return Promise.resolve();
}

const formatTokens = (tools: readonly unknown[]): string =>
  String(Math.round(JSON.stringify(tools).length / 4));
