// GET /vault/changes of a person: all that apps changed, one change with what was there before and after, or the question
// whether it is to be brought back.
// The room: what clients changed, on pages. Not how it is kept and undone: vault/changes/.
import type { RequestHandler } from 'express';
import { changePage } from '../../pages/change.ts';
import { changesPage } from '../../pages/changes.ts';
import type { ShownChanges } from '../../vault/shown/shown-changes.ts';
import {
  type AskedList,
  addressOf,
  readAskedList,
  readAskedUndo,
  readEnd,
  readId,
  sinceOf,
  timeOfChange,
} from './asked.ts';
import { nameOf } from './names.ts';
import {
  type Asking,
  type ChangePagesParts,
  contextOf,
  extrasOf,
  readAsking,
  showNoChange,
} from './parts.ts';
import { showQuestion } from './question.ts';

const pageSize = 30;
/** Notes of one change whose texts are shown. */
const mostNotes = 20;

export function showChanges(parts: ChangePagesParts): RequestHandler {
  return async (req, res) => {
    const asking = await readAsking(parts, { req, res });
    const parameters = new URLSearchParams(req.url.split('?', 2)[1]);
    const asked = readAskedUndo(parameters);
    const isQuestion = ['back', 'copy'].includes(parameters.get('ask') ?? '');
    if (isQuestion && asked !== undefined) await showQuestion(asking, asked);
    else if (parameters.has('id')) await showOne(asking, parameters);
    else await showList(asking, parameters);
  };
}

async function showList(asking: Asking, parameters: URLSearchParams): Promise<void> {
  const { parts, changes, req, res } = asking;
  const asked = readAskedList(parameters);
  const { changes: listed, isMore } = await changes.list({ ...asked, limit: pageSize });
  const { app, note } = asked;
  const since = asked.sinceMs === undefined ? undefined : sinceOf(asked.sinceMs);
  const shared = { app, since, note };
  const href = (more: { before?: string | undefined } = {}): string =>
    parts.pathPrefix + addressOf({ ...shared, ...more });
  const data = {
    ...contextOf(asking),
    changes: listed,
    isWritable: changes.isWritable,
    isLaterPage: asked.before !== undefined,
    only: { app: app && nameOf(app, listed), sinceAt: secondsOf(asked.sinceMs), note },
    done: parameters.has('done') ? await findAllDone(changes, asked, parameters) : undefined,
    newestHref: href(),
    olderHref: isMore ? href({ before: listed.at(-1)?.id }) : undefined,
    vaultHref: `${parts.pathPrefix}/vault`,
  };
  parts.showPage({ req, res, needs: 'doing' }, changesPage, data, extrasOf(asking));
}

const secondsOf = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : Math.floor(ms / 1000);

/** What became of bringing back all of an app since a time, as it is now. */
async function findAllDone(changes: ShownChanges, { app, sinceMs }: AskedList, parameters: URLSearchParams) {
  const through = readId(parameters, 'through');
  const { changes: all } = await changes.list({ app, sinceMs, limit: 1000 });
  const meant = all.filter(({ id, kind }) => kind !== 'undo' && (through === undefined || id <= through));
  const done = meant.filter(({ undoneBy }) => undoneBy !== undefined).length;
  return { done, left: meant.length - done, end: readEnd(parameters) };
}

async function showOne(asking: Asking, parameters: URLSearchParams): Promise<void> {
  const { parts, changes, req, res } = asking;
  const id = readId(parameters, 'id');
  const detail = id === undefined ? undefined : await parts.turns.take(() => changes.find(id, mostNotes));
  if (detail === undefined) {
    showNoChange(asking, 404);
    return;
  }
  const { change, notes } = detail;
  const done = await findDone(changes, parameters.get('done'));
  const data = {
    ...contextOf(asking),
    ...{ change, notes, done },
    undoneAt: await findTime(changes, change.undoneBy),
    isWritable: changes.isWritable,
    otherNow: done === undefined || done.isCopy ? [] : await findOther(asking, change.id),
    since: timeOfChange(change.id),
    appHref: parts.pathPrefix + addressOf({ app: change.client.id }),
  };
  parts.showPage({ req, res, needs: 'doing' }, changePage, data, extrasOf(asking));
}

/** By which change it was undone says when. */
async function findTime(changes: ShownChanges, undoneBy: string | undefined): Promise<number | undefined> {
  return undoneBy === undefined ? undefined : (await changes.find(undoneBy, 0))?.change.at;
}

/** What a form did just now, by the change that it made: the address alone could claim anything. */
async function findDone(changes: ShownChanges, done: string | null) {
  if (done === null) return undefined;
  const made = (await changes.find(done, 0))?.change;
  if (made?.kind !== 'undo') return { notes: [], isCopy: false };
  return { notes: made.notes, isCopy: made.undoes === undefined };
}

/** Notes that undoing has left as they are, since somebody had changed them. */
async function findOther({ parts, changes }: Asking, id: string): Promise<string[]> {
  const foreseen = await parts.turns.take(() => changes.foresee({ id, asCopy: true }));
  const brought = foreseen?.outcomes.flatMap(({ broughtBack }) => broughtBack) ?? [];
  return brought.filter(({ how }) => how === 'copy').map(({ path }) => path);
}
