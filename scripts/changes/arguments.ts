// What npm run changes is asked for.
import { parseArgs } from 'node:util';
import type { ChangeFilter } from '../../api/vault/changes/undoing/history.ts';
import { readSince } from '../../api/vault/changes/undoing/since.ts';

export type Order = { isJson: boolean } & (
  | { name: 'list'; filter: ChangeFilter }
  | { name: 'show'; id: string }
  | { name: 'undo'; id: string; asCopy: boolean }
  | { name: 'undo'; filter: ChangeFilter }
);

interface Given {
  json?: boolean | undefined;
  app?: string | undefined;
  since?: string | undefined;
  'as-copy'?: boolean | undefined;
}

const options = {
  json: { type: 'boolean' },
  app: { type: 'string' },
  since: { type: 'string' },
  'as-copy': { type: 'boolean' },
} as const;

/** Undefined where it can't be that. */
export function readOrder(args: readonly string[]): Order | undefined {
  const given = parse(args);
  if (given === undefined) return undefined;
  const { values, positionals } = given;
  const [name, id, ...more] = positionals;
  const filter = readFilter(values);
  if (filter === undefined || more.length > 0) return undefined;
  const isJson = values.json === true;
  const isFiltered = values.app !== undefined || values.since !== undefined;
  const asCopy = values['as-copy'] === true;
  if (name === 'list' && id === undefined && !asCopy) return { name, isJson, filter };
  if (name === 'show' && id !== undefined && !asCopy && !isFiltered) return { name, isJson, id };
  return name === 'undo' ? readUndo({ id, asCopy, isJson, filter, isFiltered }) : undefined;
}

function parse(args: readonly string[]): { values: Given; positionals: string[] } | undefined {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch {
    return undefined;
  }
}

function readUndo(given: {
  id: string | undefined;
  asCopy: boolean;
  isJson: boolean;
  filter: ChangeFilter;
  isFiltered: boolean;
}): Order | undefined {
  const { id, asCopy, isJson, filter, isFiltered } = given;
  if (id !== undefined) return isFiltered ? undefined : { name: 'undo', isJson, id, asCopy };
  // All that an app ever did is not undone by leaving something out.
  const isWhole = filter.app !== undefined && filter.sinceMs !== undefined && !asCopy;
  return isWhole ? { name: 'undo', isJson, filter } : undefined;
}

function readFilter({ app, since }: Given): ChangeFilter | undefined {
  const sinceMs = since === undefined ? undefined : readSince(since);
  const isBad = app === '' || (since !== undefined && sinceMs === undefined);
  return isBad ? undefined : { app, sinceMs };
}
