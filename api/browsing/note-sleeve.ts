// GET /notes/… of a program: the page of any path, whether or not there is a note.
import type { RequestHandler } from 'express';
import type { ShowPage } from '../http/frame.ts';
import { notePage } from '../pages/note.ts';
import { decodePath } from './paths.ts';

/** For any path under /notes/. */
export function showNoteSleeve(showPage: ShowPage): RequestHandler {
  return (req, res) => {
    showPage({ req, res }, notePage, { path: decodePath(req.path.slice('/notes/'.length)) });
  };
}
