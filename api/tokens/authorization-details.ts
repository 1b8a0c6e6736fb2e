// What a grant narrows (RFC 9396): authorization details of our own type, read so that none gives more than it says.
import { z } from 'zod';

/** Paths of folders in Unicode's NFC, sorted; undefined for all of the vault. */
type Folders = readonly string[] | undefined;

/** What of the vault a token reaches; what may be written may be read as well. */
export interface Reach {
  readable: Folders;
  writable: Folders;
}

export interface Narrowing extends Reach {
  /** The client asked for writing, and the person did not give it. */
  isWriteWithheld: boolean;
}

const nothing: Narrowing = { readable: [], writable: [], isWriteWithheld: false };

/** Characters, and folders of one detail: more than a page of consent could show. */
const longestFolder = 4_096;
const mostFolders = 1_000;

// Strict: a member that we don't know may narrow (RFC 9396, section 2.2), and then the detail says less than it seems to.
const detailSchema = z.strictObject({
  type: z.literal('vault'),
  locations: z.array(z.string()),
  actions: z.array(z.string()),
  folders: z
    .array(
      z
        .string()
        .max(longestFolder)
        .transform((path) => path.normalize('NFC'))
        .refine(isFolderPath),
    )
    .max(mostFolders)
    .optional(),
  withheld: z.array(z.string()).optional(),
});

type Detail = z.output<typeof detailSchema>;

/**
 * `details` is what introspection says; `isOwn` knows our identifiers. Undefined where no detail is of our type: nothing is
 * narrowed. Where those of our type are of another shape or for another resource, nothing of the vault is given.
 */
export function readNarrowing(details: unknown, isOwn: (location: string) => boolean): Narrowing | undefined {
  if (details === undefined) return undefined;
  if (!Array.isArray(details)) return nothing;
  const ours = details.filter((detail) => !isForeign(detail));
  if (ours.length === 0) return undefined;
  const read = ours.flatMap((detail) => readDetail(detail, isOwn));
  const writing = read.filter(({ actions }) => actions.includes('write'));
  const reading = read.filter(({ actions }) => actions.includes('read') || actions.includes('write'));
  return {
    readable: joinFolders(reading),
    writable: joinFolders(writing),
    isWriteWithheld: writing.length === 0 && read.some(({ withheld }) => withheld?.includes('write')),
  };
}

/** What names no type that is not ours has to be understood. */
function isForeign(detail: unknown): boolean {
  const type = typeof detail === 'object' && detail !== null && 'type' in detail ? detail.type : undefined;
  return typeof type === 'string' && type !== 'vault';
}

function readDetail(detail: unknown, isOwn: (location: string) => boolean): Detail[] {
  const parsed = detailSchema.safeParse(detail);
  return parsed.success && parsed.data.locations.some(isOwn) ? [parsed.data] : [];
}

/** Those of each detail, without those that lie in another of them. */
function joinFolders(details: readonly Detail[]): Folders {
  if (details.some(({ folders }) => folders === undefined)) return undefined;
  const all = new Set(details.flatMap(({ folders = [] }) => folders));
  return [...all].filter((folder) => !parentsOf(folder).some((parent) => all.has(parent))).sort();
}

function parentsOf(path: string): string[] {
  return [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));
}

/** Names with a slash between them, none of which could lead elsewhere. */
function isFolderPath(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  const refused = /[\\\u0000-\u001f\u007f]/;
  return path.isWellFormed() && !refused.test(path) && path.split('/').every(isName);
}

// A name with a dot before it is hidden from everybody: `..` is among them.
const isName = (name: string): boolean => name !== '' && !name.startsWith('.');
