// The door: what the address that people type into a client shows when it is opened in a browser.
// The room: what a browser is answered with, and nothing of the vault before a sign-in. Not signing in: people/; not HTML: pages/.
import type { RequestHandler } from 'express';
import { isBrowser, type ShowPage } from '../http/frame.ts';
import { type DoorData, doorPage } from '../pages/door.ts';

/** In front of what programs get at the same address. */
export const forBrowsers: RequestHandler = (req, _res, next) => {
  if (isBrowser(req)) next();
  else next('route');
};

export function showDoor(showPage: ShowPage, data: DoorData): RequestHandler {
  return (req, res) => {
    res.vary('Accept');
    showPage({ req, res }, doorPage, data);
  };
}
