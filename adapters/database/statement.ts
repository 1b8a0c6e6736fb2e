// SQL built once by Knex and run many times: a statement is text plus the names of its parameters in order.
import type { Knex } from 'knex';

class Parameter {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export type Value = string | number | null;
export type Values = Readonly<Record<string, Value>>;
export type Row = Record<string, Value>;

/** Undefined where a column has no text. */
export const textOf = (value: Value | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

export interface Statement {
  readonly sql: string;
  readonly slots: ReadonlyArray<Parameter | Value>;
}

/** One statement of a transaction. With `otherwise`, changing no row undoes the transaction and throws that error. */
export interface Write {
  readonly statement: Statement;
  readonly values: Values;
  readonly otherwise?: () => Error;
}

/** A place in a query that gets its value when the statement runs. Typed as a string so that Knex's builders take it. */
export function param(name: string): string {
  return new Parameter(name) as unknown as string;
}

/** Builds the SQL of a query once, in the dialect of the Knex it was made with. */
export function compile(query: Knex.QueryBuilder | Knex.Raw): Statement {
  const { sql, bindings } = query.toSQL().toNative();
  return { sql, slots: bindings as ReadonlyArray<Parameter | Value> };
}

/** The values of a statement's places in the order of its SQL; a missing one is a mistake in this room. */
export function bind(statement: Statement, values: Values): Value[] {
  return statement.slots.map((slot) => {
    if (!(slot instanceof Parameter)) return slot;
    const value = values[slot.name];
    if (value === undefined) throw new TypeError(`no value for the parameter ${slot.name}`);
    return value;
  });
}
