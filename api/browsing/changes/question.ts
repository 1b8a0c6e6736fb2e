// The question whether something is to be brought back, with what will come of it.
import { faultPage } from '../../pages/fault.ts';
import { undoQuestionPage } from '../../pages/undo-question.ts';
import { type AskedUndo, askForAll, sinceOf } from './asked.ts';
import { nameOf } from './names.ts';
import { type Asking, contextOf, extrasOf, showNoChange } from './parts.ts';

export async function showQuestion(asking: Asking, asked: AskedUndo): Promise<void> {
  const { parts, changes, req, res } = asking;
  if (!changes.isWritable) {
    showReadOnly(asking, asked);
    return;
  }
  const foreseen = await parts.turns.take(() => changes.foresee(asked.wish));
  if (foreseen === undefined) {
    showNoChange(asking, 404);
    return;
  }
  const { outcomes } = foreseen;
  const { wish, address, back } = throughNewest(asked, outcomes[0]?.change.id);
  const data = {
    ...contextOf(asking),
    ...foreseen,
    asked:
      'id' in wish
        ? wish
        : {
            ...wish,
            ...tellTime(wish.sinceMs),
            appName: nameOf(
              wish.app,
              outcomes.map(({ change }) => change),
            ),
          },
    cancelHref: parts.pathPrefix + back,
  };
  // a form's answer can't be asked for again by its address, the question can
  const extras = { ...extrasOf(asking), address: parts.pathPrefix + address };
  parts.showPage({ req, res, needs: 'doing' }, undoQuestionPage, data, extras);
}

const tellTime = (sinceMs: number) => ({ since: sinceOf(sinceMs), sinceAt: Math.floor(sinceMs / 1000) });

/** What an app changes while its person reads is not brought back with what they have read of. */
function throughNewest(asked: AskedUndo, newest: string | undefined): AskedUndo {
  const { wish } = asked;
  return 'id' in wish ? asked : askForAll({ ...wish, through: wish.through ?? newest });
}

/** Whoever runs the server may have the folder elsewhere, where it can be written. */
function showReadOnly(asking: Asking, { wish, back }: AskedUndo): void {
  const { parts, req, res } = asking;
  res.status(409);
  // what an address brought is no text for a terminal
  const what = 'id' in wish ? `undo ${wish.id}${wish.asCopy ? ' --as-copy' : ''}` : 'list';
  const data = { about: 'vaultReadOnly', command: `npm run changes -- ${what}` } as const;
  parts.showPage({ req, res }, faultPage, data, { ...extrasOf(asking), address: parts.pathPrefix + back });
}
