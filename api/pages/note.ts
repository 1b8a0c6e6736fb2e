// The page of a note's address for whoever is not signed in and no browser.
import { createPage } from './pages.ts';

/** The vault is not read, so the page can't tell whether a note exists. */
export const notePage = createPage<{ path: string }>('note', ({ path }) => ({
  path,
  link: `obsidian://open?file=${encodeURIComponent(path)}`,
}));
