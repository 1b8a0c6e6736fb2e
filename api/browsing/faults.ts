// What a browser is told where a page can't be shown: always a page with a next step.
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { RequestRefused } from '../http/errors.ts';
import { isBrowser, type ShowPage } from '../http/frame.ts';
import { type FaultName, faultPage } from '../pages/fault.ts';
import { VaultAway } from '../vault/errors.ts';

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
    if (!isBrowser(req) || res.headersSent || fault === undefined) {
      next(error);
      return;
    }
    if (fault.status === 500) logger.error({ err: error, requestId: requestIdOf(res) }, 'failed');
    res.status(fault.status).set(fault.headers);
    const requestId = fault.status === 500 ? requestIdOf(res) : undefined;
    showPage({ req, res }, faultPage, { about: fault.about, requestId });
  };
}

interface Fault {
  about: FaultName;
  status: number;
  headers: Readonly<Record<string, string>>;
}

/** Undefined for what is no page's: methods, foreign names. */
function findFault(error: unknown): Fault | undefined {
  if (error instanceof VaultAway) {
    return { about: 'vaultAway', status: 503, headers: { 'Retry-After': '60' } };
  }
  if (!(error instanceof RequestRefused)) return { about: 'failed', status: 500, headers: {} };
  const { status, headers = {} } = error.options;
  if (status === 503) return { about: 'authAway', status, headers };
  if (status === 404) return { about: 'nothingHere', status, headers };
  return undefined;
}

function requestIdOf(res: Response): string {
  return String(res.locals['requestId']);
}
