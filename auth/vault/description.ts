// What loop-api says of its vault, so that a person can choose from it: its name, its folders, whether it can be changed.
import { z } from 'zod';
import type { ResourceDescriptionStore } from '../../adapters/stores/resources.ts';

const mostFolders = 500;
// A name of a file has 255 bytes at most; two levels of folders are told.
export const longestFolder = 520;
const longestName = 200;

/** Paths with slashes between, in NFC, and nothing that leads elsewhere. */
const folder = z
  .string()
  .min(1)
  .max(longestFolder)
  .transform((path) => path.normalize('NFC'))
  .refine(isPath, 'must be a path inside the vault, with slashes between its folders');

const descriptionSchema = z.object({
  resource: z.string(),
  name: z.string().max(longestName),
  isWritable: z.boolean(),
  notes: z.int().min(0),
  folders: z.array(folder).max(mostFolders),
});

/** `folders` are two levels deep, 500 at most. */
export type VaultDescription = z.infer<typeof descriptionSchema>;

function isPath(path: string): boolean {
  return (
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !/\p{Cc}/u.test(path)
  );
}

/** Reads what was sent. Throws TypeError whose message names each field that is wrong. */
export function parseDescription(body: unknown): VaultDescription {
  const { success, data, error } = descriptionSchema.safeParse(body);
  if (success) return data;
  const faults = error.issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new TypeError(faults.join('; '));
}

/** What was said last of that resource; undefined where nothing was, or nothing that is understood today. */
export async function findDescription(
  store: ResourceDescriptionStore,
  resource: string,
): Promise<VaultDescription | undefined> {
  return descriptionSchema.safeParse(await store.find(resource)).data;
}
