// What is asked for in the address or the form of /vault/changes, and the addresses that ask for it.
import type { FaultName } from '../../pages/fault.ts';
import { isChangeId, timeOf } from '../../vault/changes/entry.ts';
import { readSince } from '../../vault/changes/undoing/since.ts';
import type { UndoWish } from '../../vault/shown/change-scope.ts';

/** One change, or all of an app since a time. */
export interface AskedUndo {
  wish: UndoWish;
  /** The address of the question. */
  address: string;
  /** Where it is left. */
  back: string;
}

export interface AskedList {
  app: string | undefined;
  sinceMs: number | undefined;
  note: string | undefined;
  before: string | undefined;
}

/** Those that undoing may end with. */
const faultNames: readonly FaultName[] = [
  ...(['vaultAway', 'diskFull', 'vaultReadOnly', 'noteReadOnly', 'stillReading'] as const),
  ...(['unfinished', 'meanwhile', 'tooMuch', 'failed'] as const),
];

const longestApp = 2_000;
const longestNote = 5_000;

const path = '/vault/changes';

/** A path below the service's, with those of the parameters that have a value. */
export function addressOf(parameters: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(parameters).filter((one): one is [string, string] => one[1] !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/** Undefined where nothing is asked to be brought back, or nothing that can be. */
export function readAskedUndo(parameters: URLSearchParams): AskedUndo | undefined {
  const id = parameters.get('id');
  if (id !== null) return isChangeId(id) ? askForOne(id, parameters.get('ask') === 'copy') : undefined;
  const app = readText(parameters, 'app', longestApp);
  const sinceMs = readSince(parameters.get('since') ?? '');
  if (app === undefined || sinceMs === undefined) return undefined;
  return askForAll({ app, sinceMs, through: readId(parameters, 'through') });
}

function askForOne(id: string, asCopy: boolean): AskedUndo {
  const address = addressOf({ id, ask: asCopy ? 'copy' : 'back' });
  return { wish: { id, asCopy }, address, back: addressOf({ id }) };
}

export function askForAll(wish: Extract<UndoWish, { app: string }>): AskedUndo {
  const shared = { app: wish.app, since: sinceOf(wish.sinceMs) };
  return {
    wish,
    address: addressOf({ ...shared, through: wish.through, ask: 'back' }),
    back: addressOf(shared),
  };
}

export const sinceOf = (sinceMs: number): string => new Date(sinceMs).toISOString();

export function readAskedList(parameters: URLSearchParams): AskedList {
  return {
    app: readText(parameters, 'app', longestApp),
    sinceMs: readSince(parameters.get('since') ?? ''),
    note: readText(parameters, 'note', longestNote),
    before: readId(parameters, 'before'),
  };
}

export function readId(parameters: URLSearchParams, name: string): string | undefined {
  const id = parameters.get(name);
  return id !== null && isChangeId(id) ? id : undefined;
}

/** Why undoing all of something came to an end before its end, and where the log says more. */
export function readEnd(
  parameters: URLSearchParams,
): { why: FaultName; code: string | undefined } | undefined {
  const why = faultNames.find((name) => name === parameters.get('why'));
  const [code] = /^[\w-]{1,64}$/.exec(parameters.get('code') ?? '') ?? [];
  return why && { why, code };
}

/** Of a change by its id: ISO 8601, to the millisecond. */
export const timeOfChange = timeOf;

function readText(parameters: URLSearchParams, name: string, longest: number): string | undefined {
  const value = parameters.get(name) ?? '';
  return value === '' || value.length > longest ? undefined : value;
}
