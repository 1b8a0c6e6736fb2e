// POST /vault/changes of a person: asks once, then brings back what clients changed.
import type { RequestHandler } from 'express';
import express from 'express';
import { causeOf } from '../../access.ts';
import { allows } from '../../tokens/scopes.ts';
import { tellEnd } from '../faults.ts';
import { type AskedUndo, addressOf, readAskedUndo } from './asked.ts';
import { type Asking, type ChangePagesParts, readAsking, showNoChange, undoTurns } from './parts.ts';
import { showQuestion } from './question.ts';

/** Bytes: the id of an app may be an address. */
const longestForm = 16 * 1024;

/** In front of bringBack, once it is known who asks. */
export const readForm: RequestHandler = express.text({
  type: 'application/x-www-form-urlencoded',
  limit: longestForm,
  inflate: false,
});

export function bringBack(parts: ChangePagesParts): RequestHandler {
  return async (req, res) => {
    const asking = await readAsking(parts, { req, res });
    const form = new URLSearchParams(typeof req.body === 'string' ? req.body : '');
    const asked = readAskedUndo(form);
    if (asked === undefined) showNoChange(asking, form.has('id') ? 404 : 400);
    else await answer(asking, asked, form.get('confirm') === 'yes');
  };
}

async function answer(asking: Asking, asked: AskedUndo, isConfirmed: boolean): Promise<void> {
  const { isWritable } = asking.changes;
  if (isWritable && !allows(asking.person.principal.scopes, ['vault.write'])) askForRight(asking, asked);
  else await (isWritable && isConfirmed ? undo(asking, asked) : showQuestion(asking, asked));
}

/** Pages read with a token that can change nothing; what can is asked for when it is needed first. */
function askForRight({ parts, res }: Asking, { address }: AskedUndo): void {
  const query = new URLSearchParams({ to: address, for: 'changing' });
  res.redirect(303, `${parts.pathPrefix}/sign-in?${query}`);
}

async function undo(asking: Asking, { wish }: AskedUndo): Promise<void> {
  const { parts, changes, person, res } = asking;
  const done = await undoTurns.take(() => changes.undo(wish, causeOf(person.principal)));
  if (done === undefined) {
    showNoChange(asking, 404);
    return;
  }
  const made = done.outcomes[0]?.undo ?? 'none';
  const end = done.failure === undefined ? undefined : tellEnd(done.failure, { res, ...parts });
  const address =
    'id' in wish
      ? addressOf({ id: wish.id, done: made })
      : addressOf({
          app: wish.app,
          since: new Date(wish.sinceMs).toISOString(),
          through: wish.through,
          done: 'all',
          ...(end && { why: end.about, code: end.requestId }),
        });
  res.redirect(303, parts.pathPrefix + address);
}
