// The page of one change: who, when, what was there before and after, and the ways to bring it back.
import type { WordKey } from '../../pages/words.ts';
import { createPage } from './pages.ts';
import {
  type ChangeContext,
  type ChangeFacts,
  type Hunk,
  type NotePaths,
  Room,
  type ShownLine,
  tellChange,
} from './told-change.ts';

/** What was there before and after (api/vault/changes/undoing/). */
interface NoteDetail extends NotePaths {
  before: Uint8Array | undefined;
  isAfterKept: boolean;
  difference: readonly Hunk[] | undefined;
}

export interface ChangeData extends ChangeContext {
  change: ChangeFacts;
  notes: readonly NoteDetail[];
  /** Of the change that undid it. */
  undoneAt: number | undefined;
  isWritable: boolean;
  /** What a form did just now: to these notes, or to none. */
  done: { notes: readonly NotePaths[]; isCopy: boolean } | undefined;
  /** Ids of notes that are not as they were before it, whose earlier text can be had beside them. */
  otherNow: readonly string[];
  formAction: string;
  /** ISO 8601, of the change itself. */
  since: string;
  noteHref: (id: string) => string;
  appHref: string;
  allHref: string;
}

const most = { lines: 600, characters: 60_000 };

export const changePage = createPage<ChangeData>('change', (data, words) => {
  const { change, notes, done } = data;
  const room = new Room(most);
  const told = tellChange(change, data, words);
  return {
    ...data,
    told,
    clientId: change.client.id,
    undoneHref: change.undoneBy && data.addressOf(change.undoneBy),
    undidHref: change.undoes && data.addressOf(change.undoes),
    notes: notes.map((note) => ({ ...namesOf(note, data), ...contentOf(note, room) })),
    moreNotes: change.notes.length + change.mended.length - notes.length,
    done: done?.notes.map((note) => ({ id: idOf(note), how: howOf(note, done.isCopy) })),
    canBringBack: data.isWritable && change.undoneBy === undefined,
    mayAskForMore: data.isWritable && told.app !== undefined,
    isDone: done !== undefined,
  };
});

const idOf = ({ from, to }: NotePaths): string => to ?? from ?? '';

function namesOf({ from, to }: NotePaths, { noteHref }: ChangeData) {
  return { id: idOf({ from, to }), href: to === undefined ? undefined : noteHref(to), isDeleted: !to };
}

interface Content {
  /** What is said instead of lines, or in front of them. */
  about: WordKey | undefined;
  lines: ShownLine[];
  isWhole: boolean;
}

function contentOf({ from, to, before, isAfterKept, difference }: NoteDetail, room: Room): Content {
  const nothing = { lines: [], isWhole: true };
  if (!isAfterKept) {
    const text = Buffer.from(before ?? []).toString('utf8');
    const earlier = [{ lines: text.split('\n').map((line) => ` ${line}`) }];
    return { about: 'changePage.afterUnknown', ...room.take(earlier) };
  }
  if (difference === undefined) return { about: 'changePage.noText', ...nothing };
  if (difference.length > 0) return { about: undefined, ...room.take(difference) };
  return { about: from === to ? 'changePage.same' : 'changePage.moved', ...nothing };
}

/** What undoing did to a note, by what there is of it. */
function howOf({ from, to }: NotePaths, isCopy: boolean): 'text' | 'note' | 'trash' | 'moved' | 'copy' {
  if (to === undefined) return 'trash';
  if (from === undefined) return isCopy ? 'copy' : 'note';
  return from === to ? 'text' : 'moved';
}
