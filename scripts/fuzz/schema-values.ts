// Values by a JSON Schema, right ones and wrong ones: what a description says is asked for is what is sent.
import { oddTexts, oddValues } from './odd.ts';
import type { Random } from './random.ts';

export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface ValueOptions {
  readonly random: Random;
  /** Texts that lead somewhere, such as ids of notes. */
  readonly real: readonly string[];
}

const deepest = 6;

/** One in eight is anything at all. */
export function valueBy(schema: Schema | undefined, options: ValueOptions, depth = 0): unknown {
  const { random } = options;
  if (schema === undefined || depth > deepest || random.once(8)) return random.pick(oddValues);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return random.pick(schema.enum);
  if (schema.anyOf) return valueBy(random.pick(schema.anyOf), options, depth + 1);
  if (schema.properties) return objectOf(schema, options, depth);
  const type = Array.isArray(schema.type) ? random.pick(schema.type as string[]) : schema.type;
  if (type === 'array') {
    return Array.from({ length: random.number(4) }, () => valueBy(schema.items, options, depth + 1));
  }
  return scalarOf(String(type), schema, options);
}

function scalarOf(type: string, schema: Schema, { random, real }: ValueOptions): unknown {
  if (type === 'string') return random.once(2) ? random.pick(real) : random.pick(oddTexts);
  if (type === 'boolean') return random.once(2);
  if (type === 'null') return null;
  if (type !== 'integer' && type !== 'number') return random.pick(oddValues);
  const { minimum = 0, maximum = 2 ** 31 } = schema;
  if (!random.once(3)) return random.pick([minimum, maximum, Math.min(Math.max(7, minimum), maximum)]);
  return random.pick([minimum - 1, maximum + 1, minimum + 0.5]);
}

function objectOf(schema: Schema, options: ValueOptions, depth: number): Record<string, unknown> {
  const { properties = {}, required = [] } = schema;
  const { random } = options;
  const kept = Object.keys(properties).filter((name) =>
    required.includes(name) ? !random.once(10) : random.once(2),
  );
  return Object.fromEntries(kept.map((name) => [name, valueBy(properties[name], options, depth + 1)]));
}
