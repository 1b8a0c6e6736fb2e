// What an MCP tool is here: schemas, scopes and a function; how it looks to a client. One tool a file beside this one.
import { z } from 'zod';

export interface ToolResult {
  [field: string]: unknown;
  content: Array<{ type: 'text'; text: string }>;
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

interface ToolDefinition {
  [field: string]: unknown;
  name: string;
  inputSchema: { type: 'object'; [keyword: string]: unknown };
}

export interface Tool {
  name: string;
  /** What a token needs before the tool runs. */
  scopes: readonly string[];
  /** As listed by tools/list. */
  definition: ToolDefinition;
  /** Never throws for what the caller can mend: that is a result with isError. */
  call(input: unknown): Promise<ToolResult>;
}

/** Thrown by a tool's run for what the caller can mend; the message is shown to the model. */
export class ToolInputRefused extends Error {
  override readonly name = 'ToolInputRefused';
}

export interface ToolOptions<Input extends z.ZodObject, Output extends z.ZodObject> {
  name: string;
  title: string;
  description: string;
  input: Input;
  output: Output;
  scopes: readonly string[];
  annotations: { readOnlyHint: boolean; destructiveHint?: boolean; idempotentHint?: boolean };
  run(input: z.output<Input>): z.input<Output> | Promise<z.input<Output>>;
}

export function createTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  options: ToolOptions<Input, Output>,
): Tool {
  const { name, title, description, scopes } = options;
  const securitySchemes = [{ type: 'oauth2', scopes }];
  return {
    name,
    scopes,
    definition: {
      name,
      title,
      description,
      inputSchema: toObjectSchema(options.input, 'input'),
      outputSchema: toObjectSchema(options.output, 'output'),
      annotations: { title, openWorldHint: false, ...options.annotations },
      // ChatGPT reads either place
      securitySchemes,
      _meta: { securitySchemes },
    },
    call: async (input): Promise<ToolResult> => {
      const parsed = options.input.safeParse(input ?? {});
      if (!parsed.success) return refuse(`Invalid arguments for ${name}: ${z.prettifyError(parsed.error)}`);
      try {
        const output = await options.run(parsed.data);
        // MCP (Tools, Structured Content): the same JSON once more as text, for clients that read only that
        return { content: [{ type: 'text', text: JSON.stringify(output) }], structuredContent: output };
      } catch (error) {
        if (error instanceof ToolInputRefused) return refuse(error.message);
        throw error;
      }
    },
  };
}

function refuse(message: string): ToolResult {
  return { content: [{ type: 'text', text: message }], isError: true };
}

function toObjectSchema(schema: z.ZodObject, io: 'input' | 'output'): ToolDefinition['inputSchema'] {
  return { ...z.toJSONSchema(schema, { io }), type: 'object' };
}
