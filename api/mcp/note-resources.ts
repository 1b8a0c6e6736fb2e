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

interface ResourceBody {
  [field: string]: unknown;
  uri: string;
  mimeType: string;
}

type ResourceContents = ResourceBody & ({ text: string } | { blob: string });

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
  read(uri: string): Promise<{ contents: ResourceContents[] }>;
}

/** What a token needs to see them. */
export const noteResourceScopes: readonly string[] = ['vault.read'];

// Not the citation link: an https address says that anybody's web client could fetch it (MCP, Resources, Common URI Schemes).
const prefix = 'vault:///';
const mimeType = 'text/markdown';
const pageLength = 100;
/** Characters: those of the longest path (4,096 bytes) percent-encoded, with room for a part. An error repeats it. */
const longestUri = 16_384;
const longestPart = 400;

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
        description:
          'A note by its path, the id that search, list and scan give. A long one comes in parts: read _meta["loop/next"] for what follows',
        mimeType,
      },
    ],
    read: async (uri) => {
      const id = uri.length > longestUri ? undefined : parseNoteUri(uri);
      const part = id === undefined ? undefined : await readNotePart(source, id).catch(explain);
      if (!part) throw new ResourceNotFoundError(uri.slice(0, longestUri));
      const own = createNoteUri(part.id);
      // However long somebody writes it, it is a part of an answer that is bounded.
      const shown = uri.length > own.length + longestPart ? own : uri;
      return { contents: [{ uri: shown, ...bodyOf(part), _meta: describePart(part) }] };
    },
  };
}

function listPage({ notes, ...rest }: ReturnType<Vault['scan']>): {
  resources: ListedResource[];
  nextCursor?: string;
} {
  return { resources: notes.map(describeNote), ...rest };
}

function bodyOf({
  kind,
  text,
  image,
}: NotePart): { mimeType: string } & ({ text: string } | { blob: string }) {
  if (image) return { mimeType: image.mimeType, blob: image.bytes.toString('base64') };
  return { mimeType: kind === 'note' ? mimeType : 'text/plain', text };
}

function describePart(part: NotePart): Record<string, unknown> {
  const { revision, about, warnings, outline, next } = part;
  return {
    'loop/revision': revision,
    ...(about === undefined ? {} : { 'loop/frontMatter': about.frontMatter }),
    ...(warnings.length > 0 ? { 'loop/warnings': warnings } : {}),
    ...(outline === undefined ? {} : { 'loop/outline': outline }),
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
  if (error instanceof VaultAway) throw new ProtocolError(ProtocolErrorCode.InternalError, error.message);
  if (error instanceof VaultRefusal) throw invalidParams(error.message);
  throw error;
}

function invalidParams(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}
