// An entry of the journal as bytes: a line of JSON that says what was changed by whom, then what was there before, one file
// after the other. Where entries are kept: journal-folder.ts.
import { randomBytes } from 'node:crypto';
import { createRevision, largestNote } from '../notes/content.ts';
import { isVisibleName } from '../notes/path.ts';
import { trashName } from '../writing/trash.ts';
import type { Cause } from './cause.ts';
import {
  type Change,
  type ChangeKind,
  isChangeKind,
  isMove,
  type MoveStep,
  type Step,
  type WriteStep,
} from './change.ts';

interface KeptBytes {
  revision: string;
  /** Bytes. */
  size: number;
}

export interface RecordedWrite extends Pick<WriteStep, 'path' | 'folders'> {
  before?: KeptBytes | undefined;
  after?: { revision: string } | undefined;
}

export interface RecordedMove extends Pick<MoveStep, 'from' | 'to' | 'revision' | 'folders'> {
  before?: KeptBytes | undefined;
}

type RecordedStep = RecordedWrite | RecordedMove;

export interface Entry extends Cause {
  version: 1;
  /** Sorts by time. */
  id: string;
  /** ISO 8601, UTC, with milliseconds. */
  time: string;
  kind: ChangeKind;
  undoes?: string | undefined;
  removes?: readonly string[] | undefined;
  steps: RecordedStep[];
}

export function createEntry({ kind, cause, steps, undoes, removes }: Change): Entry {
  const id = createChangeId();
  const { client, account } = cause;
  const told = { version: 1 as const, id, time: timeOf(id), kind, client, account, undoes };
  return { ...told, removes, steps: steps.map(record) };
}

function record(step: Step): RecordedStep {
  const before = step.before && { revision: createRevision(step.before), size: step.before.length };
  if (isMove(step)) {
    return { ...step, before };
  }
  return { ...step, before, after: step.after && { revision: createRevision(step.after) } };
}

let lastMs = 0;

// Of two changes of one process the later one has the later id, even within a millisecond or when the clock is put back.
function createChangeId(): string {
  lastMs = Math.max(Date.now(), lastMs + 1);
  return `${new Date(lastMs).toISOString().replace(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
}

const idForm = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[0-9a-f]{8}$/;

export const isChangeId = (id: string): boolean => idForm.test(id);

/** ISO 8601, by the id alone. */
export function timeOf(id: string): string {
  return id.replace(idForm, '$1-$2-$3T$4:$5:$6.$7Z');
}

export function encodeEntry(entry: Entry, steps: readonly Step[]): Buffer {
  const kept = steps.flatMap(({ before }) => before ?? []);
  return Buffer.concat([Buffer.from(`${JSON.stringify(entry)}\n`), ...kept]);
}

/**
 * Undefined for what is no entry of this version. Sync programs and whoever shares the folder write to it as well, so that
 * an entry that leads anywhere but to notes and the trash is none.
 */
export function parseEntry(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<Entry> | null;
    const isOne = entry?.version === 1 && isChangeId(String(entry.id)) && isToldOf(entry);
    // The time is in the id, too, whose form is known.
    return isOne && entry.steps?.every(isStep)
      ? { ...(entry as Entry), time: timeOf(String(entry.id)) }
      : undefined;
  } catch {
    return undefined;
  }
}

/** What terminals and pages show of it, in the shapes in which it is written. */
function isToldOf({ kind, client, account, undoes, removes = [], steps }: Partial<Entry>): boolean {
  const isMeant = (undoes === undefined || isChangeId(String(undoes))) && removes.every(isNotePath);
  return isChangeKind(kind) && isNamed(client) && isNamed(account) && isMeant && Array.isArray(steps);
}

function isNamed(named: Partial<Cause['client']> | undefined): boolean {
  const { id, name = '' } = named ?? {};
  return typeof id === 'string' && typeof name === 'string';
}

function isStep(step: RecordedStep): boolean {
  const { before, folders = [] } = step;
  const paths = isMove(step) ? [step.from, step.to] : [step.path];
  return [...paths, ...folders].every(isNotePath) && (before === undefined || isSize(before.size));
}

const isSize = (size: unknown): boolean =>
  Number.isSafeInteger(size) && Number(size) >= 0 && Number(size) <= largestNote;

function isNotePath(path: unknown): boolean {
  if (typeof path !== 'string') {
    return false;
  }
  const [first = '', ...names] = path.split('/');
  return (first === trashName || isVisibleName(first)) && names.every(isVisibleName);
}

/** Where the bytes of each step begin, behind the line. */
export function offsetsOf({ steps }: Entry): number[] {
  let offset = 0;
  return steps.map(({ before }) => {
    const start = offset;
    offset += before?.size ?? 0;
    return start;
  });
}

/** Bytes behind the line. */
export function keptSizeOf({ steps }: Entry): number {
  return steps.reduce((sum, { before }) => sum + (before?.size ?? 0), 0);
}
