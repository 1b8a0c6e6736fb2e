// GET /notes/…: the page of any path, whether or not there is a note.
import type { RequestHandler } from 'express';
import { notePage, noteStyleHash } from '../pages/note.ts';

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src ${noteStyleHash}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  // the path of a note is private: it must not travel to wherever a link leads
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'noindex',
  'Cache-Control': 'no-store',
};

/** For any path under /notes/. */
export function showNotePage(): RequestHandler {
  return (req, res) => {
    res.set(HEADERS).send(notePage(decodePath(req.path.slice('/notes/'.length))));
  };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
