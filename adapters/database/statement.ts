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

type Query = Knex.QueryBuilder | Knex.Raw;

class Compiled implements Statement {
  #query: Query | undefined;
  #sql = '';
  #slots: Statement['slots'] = [];

  constructor(query: Query) {
    this.#query = query;
  }

  get sql(): string {
    if (this.#query) this.#compile(this.#query);
    return this.#sql;
  }

  get slots(): Statement['slots'] {
    if (this.#query) this.#compile(this.#query);
    return this.#slots;
  }

  #compile(query: Query): void {
    const { sql, bindings } = query.toSQL().toNative();
    this.#sql = sql;
    this.#slots = bindings as Statement['slots'];
    this.#query = undefined;
  }
}

/**
 * Builds the SQL of a query once, in the dialect of the Knex it was made with, when it runs for the first time: of the
 * hundreds that a start asks for, most do not run for days. The query must not change any more.
 */
export function compile(query: Query): Statement {
  return new Compiled(query);
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
