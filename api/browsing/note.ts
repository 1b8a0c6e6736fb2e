// GET /notes/PATH of a person: the note, as much of it as one page shows.
import type { RequestHandler } from 'express';
import { languageOf, type ShowPage } from '../http/frame.ts';
import { faultPage } from '../pages/fault.ts';
import { createShownNote, noteViewPage, taskLabels } from '../pages/note-view.ts';
import { personOf } from '../people/person.ts';
import { renderNote } from '../rendering/markdown.ts';
import type { Turns } from '../sharing/turns.ts';
import { FileRefused } from '../vault/errors.ts';
import { nameOf } from '../vault/notes/name.ts';
import { isShownImageName } from '../vault/shown/image.ts';
import type { Note, Vault } from '../vault/vault.ts';
import { addressOf as changesAddress } from './changes/asked.ts';
import { decodePath, encodePath } from './paths.ts';
import type { VaultFor } from './vault-for.ts';

export interface NotePageParts {
  showPage: ShowPage;
  vaultFor: VaultFor;
  turns: Turns;
  vaultName: string;
  /** The address of a note as others have it. */
  noteUrl: (id: string) => string;
  pathPrefix: string;
}

export function showNote(parts: NotePageParts): RequestHandler {
  return async (req, res) => {
    const person = personOf(res);
    const extras = { accountName: person.name, vaultName: parts.vaultName };
    const vault = await parts.vaultFor(person.principal);
    const [path = '', query] = req.url.split('?', 2);
    const id = decodePath(path.slice('/notes/'.length));
    const note = await parts.turns.take(() => readNote(vault, id));
    if (note === undefined) {
      res.status(404);
      parts.showPage({ req, res }, faultPage, { about: 'noNote', searchUrl: searchUrlOf(parts, id) }, extras);
      return;
    }
    const from = readFrom(new URLSearchParams(query).get('from'));
    const rendered = await render(parts, vault, note, { from, language: languageOf(req) });
    const changesHref = parts.pathPrefix + changesAddress({ note: note.id });
    const data = createShownNote({
      ...{ ...parts, note, rendered, changesHref },
      addressOf: addressesOf(parts).note,
    });
    parts.showPage({ req, res, needs: 'images' }, noteViewPage, data, extras);
  };
}

// By the name alone: a note that was moved keeps it.
function searchUrlOf({ pathPrefix }: NotePageParts, id: string): string {
  const query = nameOf(id).slice(0, 200).toWellFormed();
  return `${pathPrefix}/vault?${new URLSearchParams({ query })}`;
}

// By its exact id: what merely resembles it might be another note than the one that was cited.
async function readNote(vault: Vault, id: string): Promise<Note | undefined> {
  try {
    return await vault.readNote(id);
  } catch (error) {
    if (error instanceof FileRefused) return undefined;
    throw error;
  }
}

function readFrom(value: string | null): number {
  return value !== null && /^\d{1,9}$/.test(value) ? Number(value) : 0;
}

function addressesOf({ pathPrefix }: Pick<NotePageParts, 'pathPrefix'>) {
  return {
    note: (id: string) => `${pathPrefix}/notes/${encodePath(id)}`,
    image: (id: string) => `${pathPrefix}/vault/files/${encodePath(id)}`,
    isImage: isShownImageName,
  };
}

function render(
  parts: NotePageParts,
  vault: Vault,
  { id, title, kind, text }: Note,
  { from, language }: { from: number; language: 'en' | 'ko' },
) {
  // other files' texts are no Markdown
  const shown = kind === 'note' ? text : '';
  return renderNote(
    { id, title, text: shown, from },
    {
      follow: (links) => vault.shown.follow(id, links),
      addresses: addressesOf(parts),
      labels: taskLabels(language),
    },
  );
}
