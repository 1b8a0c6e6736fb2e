// What PostgreSQL and the way to it can answer, told apart: outages, mistakes of ours, and what may be tried again.
import pg from 'pg';
import { DatabaseUnavailable } from './errors.ts';

// By class of the SQLSTATE: 22 data, 23 constraints, 42 syntax and names. A rule or a mistake of ours, not an outage.
const ours = new Set(['22', '23', '42']);
const deadlock = '40P01';
const serializationFailure = '40001';
const notInRepertoire = '22021';

/** An outage (see translate) in which the server undid the transaction by itself and asks for it again. */
export function isUndone({ cause }: { cause?: unknown }): boolean {
  return isAnswer(cause, deadlock) || isAnswer(cause, serializationFailure);
}

/** A value that no text here can hold (U+0000), so no row has it. */
export function isUnstorable(error: unknown): boolean {
  return isAnswer(error, notInRepertoire);
}

/** Everything that a query can throw and isn't our mistake becomes DatabaseUnavailable: lost, full, busy, too late. */
export function translate(error: unknown): unknown {
  if (error instanceof pg.DatabaseError && ours.has(String(error.code).slice(0, 2))) return error;
  return unavailable('the database did not answer', error);
}

export function unavailable(what: string, cause: unknown): DatabaseUnavailable {
  return new DatabaseUnavailable(`${what} (${reasonOf(cause)})`, { cause });
}

function isAnswer(error: unknown, code: string): boolean {
  return error instanceof pg.DatabaseError && error.code === code;
}

// A host with several addresses fails with an AggregateError that has no message of its own.
function reasonOf(cause: unknown): string {
  const { code, message } = cause as { code?: string; message?: string };
  return [code, message].filter(Boolean).join(': ');
}
