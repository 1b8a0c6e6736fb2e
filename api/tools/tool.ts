// What an MCP tool is here: schemas, scopes and a function; how it looks to a client. One tool a file beside this one.
// The room: what a client can do, one tool a file. Not how it is done: vault/.
import type { JSONObject } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { countJson, largestAnswer } from '../answers/size.ts';
import type { Cause } from '../vault/changes/cause.ts';
import type { Image } from '../vault/documents/image.ts';
import { VaultRefusal } from '../vault/errors.ts';
import type { NoteWriter } from '../vault/writing/writer.ts';

export interface ToolResult {
  [field: string]: unknown;
  content: [{ type: 'text'; text: string }, ...Array<{ type: 'image'; data: string; mimeType: string }>];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

interface ObjectSchema {
  [keyword: string]: unknown;
  type: 'object';
  properties?: Record<string, JSONObject>;
  required?: string[];
}

interface ToolDefinition {
  [field: string]: unknown;
  name: string;
  title: string;
  description: string;
  inputSchema: ObjectSchema;
  outputSchema: ObjectSchema;
  annotations: { [hint: string]: unknown; readOnlyHint: boolean };
}

/** What everybody is told of a tool, whatever of the vault he is given. */
export interface DescribedTool {
  name: string;
  /** What a token needs before the tool runs. */
  scopes: readonly string[];
  /** False for a tool that only says why it can't be used. */
  isListed: boolean;
  /** As listed by tools/list. */
  definition: ToolDefinition;
}

/** A tool of one vault, or of a part of it. What it changes is changed by `caller`. */
export interface Tool extends DescribedTool {
  /** The output alone. Throws VaultRefusal for what the caller can mend. */
  run(input: unknown, caller: Cause): Promise<Record<string, unknown>>;
  /** Never throws for what the caller can mend: that is a result with isError. */
  call(input: unknown, caller: Cause): Promise<ToolResult>;
}

/** What a writing tool needs of the writer that its caller has. */
export type Writers<Names extends keyof NoteWriter> = (caller: Cause) => Pick<NoteWriter, Names>;

/** Thrown for arguments that don't fit the schema; the message is shown to the model. */
class InvalidArguments extends VaultRefusal {
  override readonly name = 'InvalidArguments';
  constructor(tool: string, error: z.ZodError) {
    // as many words as a call has wrong values
    super('invalid', `Invalid arguments for ${tool}: ${z.prettifyError(error).slice(0, 2_000)}`);
  }
}

class AnswerTooLarge extends VaultRefusal {
  override readonly name = 'AnswerTooLarge';
  constructor() {
    super(
      'invalid',
      `The answer would be longer than ${largestAnswer} characters: ask for less, with a smaller limit or a filter.`,
    );
  }
}

export interface ToolOptions<Input extends z.ZodObject, Output extends z.ZodObject> {
  name: string;
  title: string;
  description: string;
  input: Input;
  output: Output;
  scopes: readonly string[];
  annotations: { readOnlyHint: boolean; destructiveHint?: boolean; idempotentHint?: boolean };
  run(input: z.output<Input>, caller: Cause): z.input<Output> | Promise<z.input<Output>>;
  /** For a client of MCP, the image that goes with an output; it is no part of the answer's length. */
  imageOf?: (output: z.input<Output>) => Image | undefined;
}

export function createTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  options: ToolOptions<Input, Output>,
): Tool {
  const { name, title, description, scopes } = options;
  const securitySchemes = [{ type: 'oauth2', scopes }];
  const inputSchema = whenAsked(() => toObjectSchema(options.input, 'input'));
  const outputSchema = whenAsked(() => toObjectSchema(options.output, 'output'));
  async function run(input: unknown, caller: Cause): Promise<z.input<Output>> {
    const parsed = options.input.safeParse(input ?? {});
    if (!parsed.success) throw new InvalidArguments(name, parsed.error);
    const output = await options.run(parsed.data, caller);
    if (countJson(output, largestAnswer) > largestAnswer) throw new AnswerTooLarge();
    return output;
  }
  return {
    name,
    scopes,
    isListed: true,
    definition: {
      name,
      title,
      description,
      get inputSchema() {
        return inputSchema();
      },
      get outputSchema() {
        return outputSchema();
      },
      annotations: { title, openWorldHint: false, ...options.annotations },
      // ChatGPT reads either place
      securitySchemes,
      _meta: { securitySchemes },
    },
    run,
    call: (input, caller) =>
      answer(async () => {
        const output = await run(input, caller);
        return { output, image: options.imageOf?.(output) };
      }),
  };
}

/** The tool under its name, not listed, asking for no scope and answering every call with `why`. */
export function withhold(tool: Tool, why: VaultRefusal): Tool {
  const run = (): Promise<never> => Promise.reject(why);
  return { ...tool, isListed: false, scopes: [], run, call: () => answer(run) };
}

interface Said {
  output: Record<string, unknown>;
  image: Image | undefined;
}

async function answer(run: () => Promise<Said>): Promise<ToolResult> {
  try {
    const { output, image } = await run();
    // MCP (Tools, Structured Content): the same JSON once more as text, for clients that read only that
    const said = { type: 'text' as const, text: JSON.stringify(output) };
    return { content: image ? [said, toImageItem(image)] : [said], structuredContent: output };
  } catch (error) {
    if (error instanceof VaultRefusal) return refuse(error.message);
    throw error;
  }
}

function toImageItem({ mimeType, bytes }: Image): { type: 'image'; data: string; mimeType: string } {
  return { type: 'image', data: bytes.toString('base64'), mimeType };
}

function refuse(message: string): ToolResult {
  return { content: [{ type: 'text', text: message }], isError: true };
}

function toObjectSchema(schema: z.ZodObject, io: 'input' | 'output'): ObjectSchema {
  // MCP and OpenAPI 3.1 both read 2020-12 when no $schema is named; without it the tool list is shorter
  const { $schema: _, ...jsonSchema } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema: part }) => shorten(part),
  });
  return { ...(jsonSchema as Partial<ObjectSchema>), type: 'object' };
}

/** Made once, by whoever asks first: a start has other things to do. */
function whenAsked<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Leaves out what costs a model more than it tells: the list of tools is read with every conversation. */
function shorten(part: z.core.JSONSchema.BaseSchema): void {
  // an output that gets one more field is still what was promised
  if (part.additionalProperties === false) delete part.additionalProperties;
  delete part.propertyNames;
  if (part.format !== undefined) delete part.pattern;
  // that nothing is no name goes without saying
  if (part.minLength === 1) delete part.minLength;
  if (part.minimum === Number.MIN_SAFE_INTEGER) delete part.minimum;
  if (part.maximum === Number.MAX_SAFE_INTEGER) delete part.maximum;
}

export const toIsoTime = (epochSeconds: number): string => new Date(epochSeconds * 1_000).toISOString();

export const pageLimit = z.int().min(1).max(1_000).default(100).describe('How many to a page');
export const pageCursor = z.string().max(4_096).optional().describe('nextCursor of the page before');

/** What the listed tools need, no more: without writing tools nobody is asked to allow writing. */
export function listScopes(tools: readonly DescribedTool[]): string[] {
  return [...new Set(tools.flatMap((tool) => tool.scopes))];
}
