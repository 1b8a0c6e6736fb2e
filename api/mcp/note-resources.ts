// The notes as MCP resources: every note has an address of its own, listed in a fixed order, read as Markdown.
import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from '@modelcontextprotocol/server';
import { type NotePart, type NoteSource, readNotePart } from '../answers/note-part.ts';
import { fitPage } from '../answers/page.ts';
import { shortenTitle } from '../answers/size.ts';
import { VaultAway, VaultRefusal } from '../vault/errors.ts';
import type { NoteSummary } from '../vault/index/answers.ts';
import type { Vault } from '../vault/vault.ts';

interface ListedResource {
  [field: string]: unknown;
  uri: string;
  name: string;
}

interface ResourceText {
  [field: string]: unknown;
  uri: string;
  mimeType: string;
  text: string;
}

export interface NoteResources {
  /** Throws ProtocolError, as `read` does. */
  list(cursor: string | undefined): { resources: ListedResource[]; nextCursor?: string };
  templates: Array<{
    uriTemplate: string;
    name: string;
    title: string;
    description: string;
    mimeType: string;
  }>;
  read(uri: string): Promise<{ contents: ResourceText[] }>;
}

/** What a token needs to see them. */
export const noteResourceScopes: readonly string[] = ['vault.read'];

// Not the citation link: an https address says that anybody's web client could fetch it (MCP, Resources, Common URI Schemes).
const prefix = 'vault:///';
const mimeType = 'text/markdown';
const pageLength = 100;

export function createNoteResources(source: NoteSource & { vault: Pick<Vault, 'scan'> }): NoteResources {
  return {
    list: (cursor) => {
      try {
        return fitPage(
          pageLength,
          (limit) => listPage(source.vault.scan({ cursor, limit })),
          (page) => page.resources,
        );
      } catch (error) {
        if (error instanceof VaultRefusal) throw invalidParams(error.message);
        throw error;
      }
    },
    templates: [
      {
        uriTemplate: `${prefix}{+path}`,
        name: 'note',
        title: 'A note',
        description: 'A note of the vault by its path, which is the id that search, list and scan give',
        mimeType,
      },
    ],
    read: async (uri) => {
      const id = parseNoteUri(uri);
      const part = id === undefined ? undefined : await readNotePart(source, id).catch(explain);
      if (!part) throw new ResourceNotFoundError(uri);
      return { contents: [{ uri, mimeType, text: part.text, _meta: describePart(part) }] };
    },
  };
}

function listPage({ notes, ...rest }: ReturnType<Vault['scan']>): {
  resources: ListedResource[];
  nextCursor?: string;
} {
  return { resources: notes.map(describeNote), ...rest };
}

function describePart(part: NotePart): Record<string, unknown> {
  const { revision, frontMatter, isWhole, warnings, next } = part;
  return {
    'loop/revision': revision,
    ...(isWhole ? { 'loop/frontMatter': frontMatter } : {}),
    ...(warnings.length > 0 ? { 'loop/warnings': warnings } : {}),
    ...(next === undefined ? {} : { 'loop/next': createNoteUri(next) }),
  };
}

function describeNote({ id, title, sizeBytes, modifiedAt }: NoteSummary): ListedResource {
  const lastModified = new Date(modifiedAt * 1_000).toISOString();
  return {
    uri: createNoteUri(id),
    name: id,
    title: shortenTitle(title),
    mimeType,
    size: sizeBytes,
    annotations: { lastModified },
  };
}

function createNoteUri(id: string): string {
  return prefix + id.split('/').map(encodeURIComponent).join('/');
}

function parseNoteUri(uri: string): string | undefined {
  if (!uri.startsWith(prefix)) return undefined;
  try {
    return decodeURIComponent(uri.slice(prefix.length));
  } catch {
    return undefined;
  }
}

function explain(error: unknown): never {
  if (error instanceof VaultRefusal && error.reason === 'invalid') throw invalidParams(error.message);
  if (error instanceof VaultAway) throw new ProtocolError(ProtocolErrorCode.InternalError, error.message);
  throw error;
}

function invalidParams(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}
