// GET /notes/…: what opens when a person follows a citation. The vault is not read, so the page can't tell whether a note exists.
import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';

const STYLE =
  'body{font:1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}' +
  'code{overflow-wrap:anywhere}';

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  // the path of a note is private: it must not travel to wherever a link leads
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex',
  'Cache-Control': 'no-store',
};

/** For any path under /notes/. */
export function showNotePage(): RequestHandler {
  return (req, res) => {
    res.set(HEADERS).send(renderNotePage(decodePath(req.path.slice('/notes/'.length))));
  };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function renderNotePage(path: string): string {
  const link = `obsidian://open?file=${encodeURIComponent(path)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A note of your vault</title>
<style>${STYLE}</style>
</head>
<body>
<h1>A note of your vault</h1>
<p><code>${escapeHtml(path)}</code></p>
<p><a href="${escapeHtml(link)}" rel="noreferrer">Open in Obsidian</a></p>
<p>An answer cited this note. The notes themselves stay in the vault: this page doesn't read them, and looks the same
whether or not a note of this name exists.</p>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
