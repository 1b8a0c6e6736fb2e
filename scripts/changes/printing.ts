// Changes and their undoing for a person, in the language of the terminal, and as JSON for a program.

import { isUtf8 } from 'node:buffer';
import { isMove } from '../../api/vault/changes/change.ts';
import type { ChangedNote } from '../../api/vault/changes/undoing/before-after.ts';
import type { KnownChange } from '../../api/vault/changes/undoing/history.ts';
import type { BroughtBack, RefusedNote, UndoOutcome } from '../../api/vault/changes/undoing/undo.ts';
import { type RefusalReason, VaultRefusal } from '../../api/vault/errors.ts';
import type { Language } from '../../pages/language.ts';
import { createWords, type WordKey } from '../../pages/words.ts';
import { printable } from '../operator/printable.ts';

const brought = {
  text: 'changes.brought.text',
  note: 'changes.brought.note',
  trash: 'changes.brought.trash',
  already: 'changes.brought.already',
  moved: 'changes.brought.moved',
  copy: 'changes.brought.copy',
} as const satisfies Record<BroughtBack['how'], WordKey>;

const refusals = {
  changed: 'changes.refused.changed',
  gone: 'changes.refused.gone',
  taken: 'changes.refused.taken',
  spelled: 'changes.refused.spelled',
  forgotten: 'changes.refused.forgotten',
} as const satisfies Record<RefusedNote['why'], WordKey>;

const failures: Partial<Record<RefusalReason, WordKey>> = {
  full: 'changes.failed.full',
  'read-only': 'changes.failed.readOnly',
  away: 'changes.failed.away',
  missing: 'changes.failed.missing',
  stale: 'changes.failed.stale',
};

export interface Failure {
  reason: string;
  message: string;
}

type Json = Record<string, unknown>;

export interface Printing {
  usage(): string;
  nothing(): string;
  missing(): string;
  changeToText(change: KnownChange): string;
  changeToJson(change: KnownChange): Json;
  noteToText(note: ChangedNote): string;
  noteToJson(note: ChangedNote): Json;
  outcomeToText(outcome: UndoOutcome): string;
  outcomeToJson(outcome: UndoOutcome): Json;
  failure(error: unknown): Failure;
}

export function createPrinting(language: Language): Printing {
  const { text } = createWords({ language, zone: 'UTC' });
  const toLine = ({ path, how, to }: BroughtBack): string => {
    const said = text(brought[how], { to: printable(to ?? '') });
    return `  ✓ ${printable(path)}: ${said}`;
  };
  const toRefusal = ({ path, why, difference, canCopy }: RefusedNote): string => {
    const offer = canCopy ? ` ${text('changes.refused.copy')}` : '';
    const lost = difference === undefined || difference.length === 0 ? [] : [toLines(difference)];
    return [`  ✗ ${printable(path)}: ${text(refusals[why])}${offer}`, ...lost].join('\n');
  };
  const toChange = (change: KnownChange): string => {
    const { id, time, kind, client, account, undoneBy } = change;
    const who = `${client.name ?? client.id} (${account.name ?? account.id})`;
    const paths = listPaths(change).map(({ from, to }) => [from, to].filter((path) => path).join(' → '));
    const undone = undoneBy === undefined ? '' : `  [${text('changes.undone', { id: undoneBy })}]`;
    return `${time}  ${id}  ${kind}  ${printable(`${who}  ${paths.join(', ')}`)}${undone}`;
  };
  return {
    usage: () => text('changes.usage'),
    nothing: () => text('changes.nothing'),
    missing: () => text('changes.failed.missing'),
    changeToText: toChange,
    changeToJson,
    noteToText: (note) => {
      const name = printable([note.from, note.to].filter((path) => path !== undefined).join(' → '));
      if (!note.isAfterKept) return `\n${name}: ${text('changes.afterUnknown')}\n${toKept(note)}`;
      return `\n${name}\n${note.difference ? toLines(note.difference) : `  ${text('changes.noText')}`}`;
    },
    noteToJson,
    outcomeToText: (outcome) => {
      const { change, broughtBack, refused } = outcome;
      const isDone = broughtBack.length + refused.length === 0;
      const rest = isDone ? [`  ${text('changes.brought.already')}`] : [];
      return [toChange(change), ...rest, ...broughtBack.map(toLine), ...refused.map(toRefusal)].join('\n');
    },
    outcomeToJson: ({ change, undo = null, broughtBack, refused }) => {
      return { change: changeToJson(change), undo, broughtBack, refused };
    },
    failure: (error) => {
      if (!(error instanceof VaultRefusal)) return { reason: 'failed', message: (error as Error).message };
      const key = failures[error.reason];
      return { reason: error.reason, message: key ? text(key) : error.message };
    },
  };
}

function listPaths({ steps }: KnownChange): Array<{ from: string | undefined; to: string | undefined }> {
  return steps.map((step) => {
    if (isMove(step)) return { from: step.from, to: step.to };
    // A note that keeps its path has it once.
    const isMade = step.before === undefined;
    return { from: isMade ? undefined : step.path, to: isMade ? step.path : undefined };
  });
}

function changeToJson(change: KnownChange): Json {
  const { id, time, kind, client: app, account, undoes = null, undoneBy = null } = change;
  const notes = change.steps.map((step) =>
    isMove(step)
      ? { from: step.from, to: step.to }
      : { from: step.before ? step.path : null, to: step.after ? step.path : null },
  );
  return { id, time, kind, app, account, notes, undoes, undoneBy };
}

function noteToJson({ from, to, before, after, isAfterKept, difference }: ChangedNote): Json {
  const toText = (bytes: Buffer | undefined): string | null =>
    bytes !== undefined && isUtf8(bytes) ? bytes.toString('utf8') : null;
  return {
    from: from ?? null,
    to: to ?? null,
    before: toText(before),
    after: toText(after),
    isAfterKept,
    difference: difference ?? null,
  };
}

function toLines(hunks: NonNullable<ChangedNote['difference']>): string {
  return hunks
    .flatMap(({ earlierLine, laterLine, lines }) => [`@@ ${earlierLine} → ${laterLine} @@`, ...lines])
    .map((line) => `    ${printableLine(line)}`)
    .join('\n');
}

const toKept = ({ before }: ChangedNote): string =>
  (before?.toString('utf8') ?? '')
    .split('\n')
    .map((line) => `    ${printableLine(line)}`)
    .join('\n');

/** Of a note, whose tabs are harmless. */
const printableLine = (line: string): string =>
  line
    .split('\t')
    .map((part) => printable(part))
    .join('\t');
