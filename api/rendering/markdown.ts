// The text of a note as HTML: CommonMark by markdown-it, and what Obsidian's notes have beside it.
// The room: text in, HTML out, with links as the vault follows them. Not the page around it: pages/; not what a note is: vault/notes/.
import MarkdownIt from 'markdown-it';
import { readCallouts } from './callouts.ts';
import { nameHeadings } from './headings.ts';
import { type Addresses, type Follow, resolveLinks } from './links.ts';
import { cutStretch, type Stretch } from './stretch.ts';
import { type Labels, readTasks } from './tasks.ts';
import { readWikiLinks } from './wiki-links.ts';

export interface NoteText {
  id: string;
  /** What the page around it is headed with. */
  title: string;
  text: string;
  /** Where to begin in it. */
  from: number;
}

export interface RenderOptions {
  follow: Follow;
  addresses: Addresses;
  labels: Labels;
}

export interface RenderedStretch extends Stretch {
  html: string;
}

// Deeper than anybody writes; markdown-it goes down by recursion
const deepest = 30;

const markdown = new MarkdownIt('default', {
  html: false,
  linkify: false,
  typographer: false,
  // as Obsidian shows notes, unless told otherwise
  breaks: true,
  maxNesting: deepest,
})
  .use(readWikiLinks)
  .use(readCallouts)
  .use(readTasks)
  .use(nameHeadings);

const scheme = /^[a-z][a-z0-9+.-]*:/i;
const openSchemes = /^(?:https?|mailto|obsidian):/i;

// what has a scheme of any other kind stays text
markdown.validateLink = (address): boolean =>
  !scheme.test(address.trim()) || openSchemes.test(address.trim());

/** As much of the note from there on as one page shows; raw HTML in it is text. */
export async function renderNote(
  { id, title, text, from }: NoteText,
  { follow, addresses, labels }: RenderOptions,
): Promise<RenderedStretch> {
  const stretch = cutStretch(text, from);
  const environment = { labels, title };
  const tokens = markdown.parse(text.slice(stretch.from, stretch.to), environment);
  await resolveLinks(tokens, id, { follow, addresses });
  return { ...stretch, html: markdown.renderer.render(tokens, markdown.options, environment) };
}
