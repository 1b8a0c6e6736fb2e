// What the pages of changes are given, and what they all hand to a page.
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import type { ShowPage } from '../../http/frame.ts';
import { faultPage } from '../../pages/fault.ts';
import { type Person, personOf } from '../../people/person.ts';
import { Turns } from '../../sharing/turns.ts';
import type { ShownChanges } from '../../vault/shown/shown-changes.ts';
import { encodePath } from '../paths.ts';
import type { VaultFor } from '../vault-for.ts';
import { addressOf } from './asked.ts';

export interface ChangePagesParts {
  showPage: ShowPage;
  vaultFor: VaultFor;
  /** Those of all who read notes. */
  turns: Turns;
  vaultName: string;
  pathPrefix: string;
  logger: Logger;
}

export interface Exchange {
  req: Request;
  res: Response;
}

/** Who asks, and the changes that there are for them. */
export interface Asking extends Exchange {
  parts: ChangePagesParts;
  person: Person;
  changes: ShownChanges;
}

/** One at a time, of all who bring something back: it may hold a whole move in memory. */
export const undoTurns = new Turns(1);

export async function readAsking(parts: ChangePagesParts, { req, res }: Exchange): Promise<Asking> {
  const person = personOf(res);
  const { shown } = await parts.vaultFor(person.principal);
  return { parts, person, changes: shown.changes, req, res };
}

/** What every page of changes knows. */
export function contextOf({ parts: { pathPrefix }, person }: Asking) {
  return {
    accountId: person.principal.subject,
    addressOf: (id: string) => pathPrefix + addressOf({ id }),
    formAction: pathPrefix + addressOf(),
    allHref: pathPrefix + addressOf(),
    noteHref: (id: string) => `${pathPrefix}/notes/${encodePath(id)}`,
  };
}

export function extrasOf({ parts: { vaultName }, person }: Asking) {
  return { accountName: person.name, vaultName };
}

/** The same for what is not there, is kept no longer, or lies outside of what this person reaches. */
export function showNoChange(asking: Asking, status: 400 | 404): void {
  const { parts, req, res } = asking;
  res.status(status);
  const data = { about: 'noChange', changesUrl: parts.pathPrefix + addressOf() } as const;
  parts.showPage({ req, res }, faultPage, data, { ...extrasOf(asking), address: data.changesUrl });
}
