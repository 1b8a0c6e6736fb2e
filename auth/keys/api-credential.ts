// The credential with which loop-api introspects: given in the settings, or made here and handed over in a file.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hashClientSecret } from '../../adapters/models/client.ts';
import type { KeyStore } from '../../adapters/stores/keys.ts';

const secretName = 'api-client-secret';

/** The file that hands the secret over can't be read or written; `message` names it and who tried. */
export class HandoverUnavailable extends Error {
  override readonly name = 'HandoverUnavailable';
}

/**
 * The hash of loop-api's secret. With none in the settings, the file is kept while it fits the stored hash;
 * otherwise a new secret is written to it (mode 0600) before its hash is stored.
 */
export async function openApiCredential(
  store: KeyStore,
  settings: { readonly secret: string | undefined; readonly path: string | undefined },
): Promise<string> {
  const { secret, path } = settings;
  if (secret !== undefined) return hashClientSecret(secret);
  if (path === undefined)
    throw new Error('API_CLIENT_SECRET must be set: there is no data folder to hand one over in');
  const stored = await store.findSecretHash(secretName);
  const made = randomBytes(32).toString('base64url');
  try {
    if (stored && existsSync(path) && hashClientSecret(readFileSync(path, 'utf8').trim()) === stored)
      return stored;
    writeAtomically(path, made);
  } catch (cause) {
    throw new HandoverUnavailable(
      `the file ${path}, which hands loop-api its secret, can't be written by user id ${process.getuid?.()} ` +
        `(${(cause as NodeJS.ErrnoException).code}); mount a writable folder at ${dirname(path)}, or set API_CLIENT_SECRET`,
      { cause },
    );
  }
  const hash = hashClientSecret(made);
  await store.setSecretHash(secretName, hash);
  return hash;
}

function writeAtomically(path: string, text: string): void {
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, text, { mode: 0o600 });
  renameSync(unfinished, path);
}
