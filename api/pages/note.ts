// The page of a note's address: what opens when a person follows a citation.
import { escapeHtml, hashStyle } from '../../pages/html.ts';

const STYLE =
  'body{font:1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}' +
  'code{overflow-wrap:anywhere}';

/** For `style-src` of the Content-Security-Policy. */
export const noteStyleHash = hashStyle(STYLE);

/** The vault is not read, so the page can't tell whether a note exists. */
export function notePage(path: string): string {
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
