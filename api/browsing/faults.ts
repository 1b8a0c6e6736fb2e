// What a browser is told where a page can't be shown: always a page with a next step.
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { RequestRefused } from '../http/errors.ts';
import { isBrowser, type ShowPage, wantsPage } from '../http/frame.ts';
import { type FaultName, faultPage } from '../pages/fault.ts';
import {
  ChangeUnfinished,
  LinksUnknown,
  NoteReadOnly,
  type RefusalReason,
  VaultAway,
  VaultRefusal,
  WriterAway,
} from '../vault/errors.ts';

/** For a browser, what nothing else has answered. */
export function showNothingHere(showPage: ShowPage): RequestHandler {
  return (req, res, next) => {
    if (!isBrowser(req)) {
      next();
      return;
    }
    res.status(404);
    showPage({ req, res }, faultPage, { about: 'nothingHere' });
  };
}

/** Takes what goes wrong on the way to a browser's page; programs' errors go on to the next handler. */
export function showFaults(showPage: ShowPage, logger: Logger): ErrorRequestHandler {
  return (error, req, res, next) => {
    const fault = findFault(error);
    if (!wantsPage(req) || res.headersSent || fault === undefined) {
      next(error);
      return;
    }
    res.status(fault.status).set(fault.headers);
    showPage({ req, res }, faultPage, tellFault(fault, { error, res, logger }));
  };
}

interface Told {
  about: FaultName;
  /** Where the log says more. */
  requestId: string | undefined;
}

function tellFault(
  { about, status }: Fault,
  { error, res, logger }: { error: unknown; res: Response; logger: Logger },
): Told {
  const isOurs = status === 500;
  if (isOurs) logger.error({ err: error, requestId: requestIdOf(res) }, 'failed');
  return { about, requestId: isOurs ? requestIdOf(res) : undefined };
}

/** What ended something that had begun, for the page that tells of it. */
export function tellEnd(error: unknown, { res, logger }: { res: Response; logger: Logger }): Told {
  return tellFault(findFault(error) ?? failed, { error, res, logger });
}

interface Fault {
  about: FaultName;
  status: number;
  headers: Readonly<Record<string, string>>;
}

/** Undefined for what is no page's: methods, foreign names, bodies that can't be read. */
function findFault(error: unknown): Fault | undefined {
  if (error instanceof VaultRefusal) return findRefusal(error);
  if (!(error instanceof RequestRefused)) return isOfRequest(error) ? undefined : failed;
  const { status, error: code, headers = {} } = error.options;
  if (status === 503) return { about: 'authAway', status, headers };
  if (code === 'foreign_form') return { about: 'foreignForm', status, headers };
  return status === 404 ? { about: 'nothingHere', status, headers } : undefined;
}

const failed: Fault = { about: 'failed', status: 500, headers: {} };

/** What express's own reader of bodies throws. */
function isOfRequest(error: unknown): boolean {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  return status >= 400 && status < 500;
}

const later = (about: FaultName, seconds: number): Fault => {
  return { about, status: 503, headers: { 'Retry-After': String(seconds) } };
};
const conflict = (about: FaultName): Fault => ({ about, status: 409, headers: {} });

const refusals: Readonly<Record<RefusalReason, Fault>> = {
  away: later('vaultAway', 60),
  full: later('diskFull', 60),
  'read-only': conflict('vaultReadOnly'),
  stale: conflict('meanwhile'),
  exists: conflict('meanwhile'),
  missing: conflict('meanwhile'),
  invalid: conflict('tooMuch'),
};

function findRefusal(refusal: VaultRefusal): Fault {
  if (refusal instanceof VaultAway) return refusals.away;
  if (refusal instanceof LinksUnknown) return later('stillReading', 30);
  if (refusal instanceof WriterAway) return later('unfinished', 5);
  if (refusal instanceof ChangeUnfinished) return later('unfinished', 60);
  return refusal instanceof NoteReadOnly ? conflict('noteReadOnly') : refusals[refusal.reason];
}

function requestIdOf(res: Response): string {
  return String(res.locals['requestId']);
}
