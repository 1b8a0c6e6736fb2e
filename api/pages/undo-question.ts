// The question before something is brought back: note by note what will be done, what stays and why, and what would be lost.
import { displayName } from '../../pages/display-name.ts';
import type { WordKey } from '../../pages/words.ts';
import { createPage } from './pages.ts';
import { type ChangeContext, type ChangeFacts, type Hunk, Room, tellChange } from './told-change.ts';

interface BroughtFacts {
  path: string;
  how: 'text' | 'note' | 'trash' | 'already' | 'moved' | 'copy';
  to?: string;
}

interface LeftFacts {
  path: string;
  why: 'changed' | 'gone' | 'taken' | 'spelled' | 'forgotten' | 'closed';
  difference: readonly Hunk[] | undefined;
  canCopy: boolean;
}

/** What is foreseen for one change (api/vault/shown/). */
interface OutcomeFacts {
  change: ChangeFacts;
  broughtBack: readonly BroughtFacts[];
  refused: readonly LeftFacts[];
}

/** What is to be brought back: one change, or all of an app since a time (ISO 8601) up to the change `through`. */
export type AskedFor =
  | { id: string; asCopy: boolean }
  | { app: string; appName: string; since: string; sinceAt: number; through?: string | undefined };

interface QuestionData extends ChangeContext {
  asked: AskedFor;
  outcomes: readonly OutcomeFacts[];
  isMore: boolean;
  formAction: string;
  cancelHref: string;
}

const most = { lines: 400, characters: 40_000 };

export const undoQuestionPage = createPage<QuestionData>('undo-question', (data, words) => {
  const { asked, outcomes } = data;
  const room = new Room(most);
  const isOne = 'id' in asked;
  const brought = outcomes.flatMap(({ broughtBack }) => broughtBack);
  const refused = outcomes.flatMap((outcome) => outcome.refused);
  const canDo = brought.some(({ how }) => how !== 'already');
  const canCopy = refused.some((one) => one.canCopy) || brought.some(({ how }) => how === 'text');
  return {
    ...data,
    ...wordsOf(asked),
    fields: fieldsOf(asked),
    app: isOne ? '' : (displayName(asked.appName) ?? words.text('common.namelessApp')),
    when: isOne ? '' : words.moment(asked.sinceAt),
    canDo,
    offersCopy: isOne && !asked.asCopy && canCopy,
    copyId: isOne ? asked.id : '',
    instead: canDo ? undefined : whyNot(data, refused.length),
    outcomes: outcomes.map((outcome) => ({
      ...tellChange(outcome.change, data, words),
      broughtBack: outcome.broughtBack,
      refused: outcome.refused.map((one) => ({ ...one, ...showLost(one, room) })),
    })),
  };
});

function wordsOf(asked: AskedFor) {
  if (!('id' in asked)) return { title: 'undoPage.titleAll', doIt: 'undoPage.doAll', isOne: false };
  return asked.asCopy
    ? { title: 'undoPage.titleCopy', lead: 'undoPage.leadCopy', doIt: 'undoPage.doCopy', isOne: true }
    : { title: 'undoPage.titleOne', lead: 'undoPage.lead', doIt: 'undoPage.doOne', isOne: true };
}

/** What the form sends again. */
function fieldsOf(asked: AskedFor): [name: string, value: string][] {
  if ('id' in asked) {
    return [
      ['id', asked.id],
      ['ask', asked.asCopy ? 'copy' : 'back'],
    ];
  }
  const { app, since, through } = asked;
  return [
    ['app', app],
    ['since', since],
    ['ask', 'back'],
    ...(through === undefined ? [] : [['through', through] as [string, string]]),
  ];
}

function whyNot({ outcomes, asked }: QuestionData, refused: number): WordKey {
  if (outcomes.length === 0) return 'undoPage.none';
  if ('id' in asked && outcomes.some(({ change }) => change.undoneBy !== undefined))
    return 'undoPage.alreadyUndone';
  return refused > 0 ? 'undoPage.nothing' : 'undoPage.isSo';
}

function showLost({ difference = [] }: LeftFacts, room: Room) {
  return difference.length === 0 ? { lines: undefined } : room.take(difference);
}
