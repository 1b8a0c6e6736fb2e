// A change in words, and what differs between two texts as lines with a sign: what all pages about changes show alike.
import { displayName } from '../../pages/display-name.ts';
import type { Values, WordKey, Words } from '../../pages/words.ts';
import { createPage } from './pages.ts';

/** What the pages take of a note of a change: paths, of which one may be missing (api/vault/shown/). */
export interface NotePaths {
  from: string | undefined;
  to: string | undefined;
}

type Kind = 'create' | 'append' | 'replace' | 'edit' | 'move' | 'delete' | 'undo';

export interface ChangeFacts {
  id: string;
  /** Epoch seconds. */
  at: number;
  kind: Kind;
  client: { id: string; name?: string | undefined };
  account: { id: string; name?: string | undefined };
  notes: readonly NotePaths[];
  mended: readonly NotePaths[];
  undoes: string | undefined;
  undoneBy: string | undefined;
}

/** Who reads, and where a change has its page. */
export interface ChangeContext {
  accountId: string;
  addressOf: (id: string) => string;
}

/** How an operator's changes are known. */
const terminalId = 'operator';

/** Words with what stands in them. */
interface Said {
  key: WordKey;
  values: Values;
}

export interface ToldChange {
  id: string;
  at: number;
  href: string;
  sentence: Said;
  /** Further notes than the one that the sentence names. */
  more: number;
  /** The app's own name; undefined for what was brought back, by a person or in a terminal. */
  app: string | undefined;
  /** For whom it was, where that is not who reads, or who did it. */
  by: Said | undefined;
  isUndone: boolean;
}

export function tellChange(change: ChangeFacts, context: ChangeContext, words: Words): ToldChange {
  const { id, at, notes, mended, undoneBy } = change;
  const app = appOf(change, words);
  return {
    ...{ id, at, app },
    href: context.addressOf(id),
    sentence: sentenceOf(change),
    more: Math.max(0, (notes.length || mended.length) - 1),
    by: bylineOf(change, context, app),
    isUndone: undoneBy !== undefined,
  };
}

function sentenceOf({ kind, notes, mended, undoes }: ChangeFacts): Said {
  const [first] = notes.length > 0 ? notes : mended;
  const { from = '', to = from } = first ?? {};
  const values = { note: to, from: from || to, to };
  if (notes.length === 0) return { key: 'changesPage.did.mended', values };
  const isCopy = kind === 'undo' && undoes === undefined && first?.from === undefined;
  return { key: `changesPage.did.${isCopy ? 'copy' : kind}`, values };
}

function appOf({ kind, client }: ChangeFacts, { text }: Words): string | undefined {
  if (kind === 'undo') return undefined;
  return displayName(client.name ?? client.id) ?? text('common.namelessApp');
}

function bylineOf(
  { client, account }: ChangeFacts,
  { accountId }: ChangeContext,
  app: string | undefined,
): Said | undefined {
  const values = { account: displayName(account.name ?? account.id) ?? '' };
  if (client.id === terminalId) return { key: 'changesPage.terminal', values };
  if (app === undefined) return { key: 'changesPage.byPerson', values };
  return account.id === accountId ? undefined : { key: 'changesPage.forPerson', values };
}

/** As a difference of texts is made: each line begins with `-`, `+`, a blank or `\`. */
export interface Hunk {
  lines: readonly string[];
}

export interface ShownLine {
  sign: 'gone' | 'came' | 'same' | 'gap';
  text: string;
}

/** How much of differences one page shows: what is left of it. */
export class Room {
  #lines: number;
  #characters: number;

  constructor({ lines, characters }: { lines: number; characters: number }) {
    this.#lines = lines;
    this.#characters = characters;
  }

  /** The lines that find room, and whether those are all. */
  take(hunks: readonly Hunk[]): { lines: ShownLine[]; isWhole: boolean } {
    const all = hunks.flatMap((hunk, index): ShownLine[] => [
      ...(index === 0 ? [] : [{ sign: 'gap' as const, text: '' }]),
      ...hunk.lines.filter((line) => !line.startsWith('\\')).map(toLine),
    ]);
    const lines: ShownLine[] = [];
    for (const { sign, text } of all) {
      const shown = text.length > longestLine ? `${text.slice(0, longestLine).toWellFormed()}…` : text;
      this.#lines -= 1;
      this.#characters -= shown.length;
      if (this.#lines < 0 || this.#characters < 0) return { lines, isWhole: false };
      lines.push({ sign, text: shown });
    }
    return { lines, isWhole: true };
  }
}

const longestLine = 1_000;

const signs: Readonly<Record<string, ShownLine['sign']>> = { '-': 'gone', '+': 'came' };

function toLine(line: string): ShownLine {
  return { sign: signs[line.slice(0, 1)] ?? 'same', text: line.slice(1) };
}

/** Included by the others as `@difference`. */
createPage('difference');
