// GET /notes/…: the page of any path, whether or not there is a note.
import type { RequestHandler } from 'express';
import { notePage } from '../pages/note.ts';
import type { ShowPage } from './frame.ts';

/** For any path under /notes/. */
export function showNotePage(showPage: ShowPage): RequestHandler {
  return (req, res) => {
    showPage({ req, res }, notePage, { path: decodePath(req.path.slice('/notes/'.length)) });
  };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
