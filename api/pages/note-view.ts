// The page of a note for whoever is signed in: what it says, where it lies, who links to it.
import { escapeHtml } from '../../pages/html.ts';
import type { Language } from '../../pages/language.ts';
import { createWords } from '../../pages/words.ts';
import { createPage } from './pages.ts';

const mostFields = 50;
const longestValue = 500;
const mostBacklinks = 50;

/** What the page takes of a note (api/vault/). */
interface NoteFacts {
  id: string;
  kind: string;
  title: string;
  text: string;
  frontMatter: Readonly<Record<string, unknown>>;
  backlinks: readonly string[];
  warnings: readonly string[];
  modifiedAt: number;
  conflictOf?: string;
}

interface ShownNoteParts {
  note: NoteFacts;
  rendered: { html: string; from: number; to: number };
  vaultName: string;
  /** Where a page of ours shows it. */
  addressOf: (id: string) => string;
  /** The address that others can be given. */
  noteUrl: (id: string) => string;
  /** Where it is told what apps changed in it. */
  changesHref: string;
}

interface ShownNote {
  id: string;
  title: string;
  /** HTML, in which all that the note says is escaped (api/rendering/). */
  rendered: string;
  /** Of what is no Markdown. */
  plainText: string;
  /** An image's address. */
  imageUrl: string | undefined;
  fields: Array<{ name: string; value: string }>;
  backlinks: Array<{ id: string; href: string }>;
  original: { id: string; href: string } | undefined;
  modifiedAt: number;
  obsidianUrl: string;
  noteUrl: string;
  changesHref: string;
  part: { from: number; to: number; length: number } | undefined;
  nextUrl: string | undefined;
  startUrl: string | undefined;
  warnings: readonly string[];
}

export const noteViewPage = createPage<ShownNote>('note-view', (data) => ({
  ...data,
  titleHtml: escapeHtml(data.title),
}));

export function createShownNote({
  note,
  rendered,
  vaultName,
  addressOf,
  noteUrl,
  changesHref,
}: ShownNoteParts): ShownNote {
  const { id, text, kind, backlinks, conflictOf } = note;
  const address = addressOf(id);
  const linkTo = (other: string) => ({ id: other, href: addressOf(other) });
  const query = new URLSearchParams({ vault: vaultName, file: id });
  return {
    ...partOf(rendered, kind === 'note' ? text.length : 0, address),
    id,
    title: note.title,
    rendered: rendered.html,
    plainText: kind === 'note' || kind === 'image' ? '' : text.slice(0, 50_000),
    imageUrl: kind === 'image' ? address.replace('/notes/', '/vault/files/') : undefined,
    fields: Object.entries(note.frontMatter).slice(0, mostFields).map(toField),
    backlinks: backlinks.slice(0, mostBacklinks).map(linkTo),
    original: conflictOf === undefined ? undefined : linkTo(conflictOf),
    modifiedAt: note.modifiedAt,
    // Obsidian takes no + for a blank
    obsidianUrl: `obsidian://open?${query.toString().replaceAll('+', '%20')}`,
    noteUrl: noteUrl(id),
    changesHref,
    warnings: note.warnings,
  };
}

function partOf({ from, to }: { from: number; to: number }, length: number, address: string) {
  const isWhole = from === 0 && to === length;
  return {
    part: isWhole || length === 0 ? undefined : { from, to, length },
    nextUrl: to < length ? `${address}?from=${to}` : undefined,
    startUrl: from > 0 ? address : undefined,
  };
}

function toField([name, value]: [string, unknown]): { name: string; value: string } {
  const text = Array.isArray(value) ? value.map(plain).join(', ') : plain(value);
  return { name, value: text.length > longestValue ? `${text.slice(0, longestValue)}…` : text };
}

function plain(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
}

/** What the marks of tasks say to those who can't see them. */
export function taskLabels(language: Language): { done: string; open: string } {
  const { text } = createWords({ language, zone: 'UTC' });
  return { done: text('noteView.taskDone'), open: text('noteView.taskOpen') };
}
