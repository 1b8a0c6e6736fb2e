// The page of all changes that apps made, newest first, of all or of one app, of all notes or of one.
import { displayName } from '../../pages/display-name.ts';
import type { WordKey } from '../../pages/words.ts';
import type { FaultName } from './fault.ts';
import { createPage } from './pages.ts';
import { type ChangeContext, type ChangeFacts, tellChange } from './told-change.ts';

interface ChangesData extends ChangeContext {
  changes: readonly ChangeFacts[];
  isWritable: boolean;
  isLaterPage: boolean;
  /** What of them is asked for; `sinceAt` in epoch seconds. */
  only: { app?: string | undefined; sinceAt?: number | undefined; note?: string | undefined };
  /** What became of bringing back all of them: so many are, so many are not, and what ended it before its end. */
  done:
    | { done: number; left: number; end: { why: FaultName; code: string | undefined } | undefined }
    | undefined;
  allHref: string;
  newestHref: string;
  olderHref: string | undefined;
  vaultHref: string;
}

export const changesPage = createPage<ChangesData>('changes', (data, words) => {
  const { app, sinceAt, note } = data.only;
  const name = app === undefined ? undefined : (displayName(app) ?? words.text('common.namelessApp'));
  return {
    ...data,
    endHint: data.done?.end && hintOf(data.done.end.why),
    isNarrowed: app !== undefined || note !== undefined,
    note,
    app: name,
    since: sinceAt === undefined ? undefined : words.moment(sinceAt),
    changes: data.changes.map((change) => tellChange(change, data, words)),
  };
});

/** What to do then; the fault's own hint is followed by a command. */
const hintOf = (why: FaultName): WordKey =>
  why === 'vaultReadOnly' ? 'changesPage.readOnly' : (`faultPages.${why}.hint` as WordKey);
