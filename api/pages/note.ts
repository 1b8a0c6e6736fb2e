// The page of a note's address: what opens when a person follows a citation.
import { createPages } from '../../pages/templates.ts';

const createPage = createPages(import.meta.dirname);

/** The vault is not read, so the page can't tell whether a note exists. */
export const notePage = createPage<{ path: string }>('note', ({ path }) => ({
  path,
  link: `obsidian://open?file=${encodeURIComponent(path)}`,
}));
