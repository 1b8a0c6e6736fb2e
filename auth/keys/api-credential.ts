// The credential with which loop-api introspects: given in the settings, or made here and handed over in a file.
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { hashClientSecret } from '../../adapters/models/client.ts';
import type { HandedSecret, KeyStore } from '../../adapters/stores/keys.ts';

const secretName = 'api-client-secret';
// Another process that starts at the same moment may come first, once or twice.
const attempts = 5;

/** The file that hands the secret over can't be read or written; `message` names it and who tried. */
export class HandoverUnavailable extends Error {
  override readonly name = 'HandoverUnavailable';
}

/**
 * The hash of loop-api's secret. With none in the settings it is in the file, which is written (mode 0600) where it is
 * missing; the database keeps its hash and where it was handed over first. A second loop-auth on this database with
 * another path hands over the same secret as long as the first file can be read. What a file holds is never made
 * worthless: a file that the database does not know is taken over, as after a restore.
 */
export async function openApiCredential(
  store: KeyStore,
  settings: { readonly secret: string | undefined; readonly path: string | undefined },
): Promise<string> {
  if (settings.secret !== undefined) return hashClientSecret(settings.secret);
  if (settings.path === undefined)
    throw new Error('API_CLIENT_SECRET must be set: there is no data folder to hand one over in');
  const path = resolve(settings.path);
  for (let attempt = 1; ; attempt += 1) {
    const stored = await store.findSecret(secretName);
    const hash = hashClientSecret(handOver(path, stored));
    if (hash === stored?.hash && stored.path !== undefined) return hash;
    if ((await store.replaceSecret(secretName, stored, { hash, path })) || attempt === attempts) return hash;
  }
}

/** The secret that is in the file afterwards. Throws HandoverUnavailable. */
function handOver(path: string, stored: HandedSecret | undefined): string {
  try {
    const own = readSecret(path);
    if (own !== undefined && hashClientSecret(own) === stored?.hash) return own;
    const first = stored?.path && stored.path !== path ? readSecret(stored.path) : undefined;
    if (first !== undefined && hashClientSecret(first) === stored?.hash) return replaceFile(path, first);
    return createFile(path, randomBytes(32).toString('base64url'));
  } catch (cause) {
    throw new HandoverUnavailable(
      `the file ${path}, which hands loop-api its secret, can't be written by user id ${process.getuid?.()} ` +
        `(${(cause as NodeJS.ErrnoException).code}); mount a writable folder at ${dirname(path)}, or set API_CLIENT_SECRET`,
      { cause },
    );
  }
}

/** What a loop-auth wrote there; undefined where there is nothing, or something else. */
function readSecret(path: string): string | undefined {
  try {
    return /^[\w-]{43}$/.exec(readFileSync(path, 'utf8').trim())?.[0];
  } catch (error) {
    // A path of another container or machine leads to nothing here.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(String((error as NodeJS.ErrnoException).code)))
      return undefined;
    throw error;
  }
}

function replaceFile(path: string, secret: string): string {
  const unfinished = writeUnfinished(path, secret);
  renameSync(unfinished, path);
  return secret;
}

/** A file that is there stays, be it that of another process which starts at the same moment: it holds the secret of all. */
function createFile(path: string, secret: string): string {
  const unfinished = writeUnfinished(path, secret);
  try {
    linkSync(unfinished, path);
    return secret;
  } catch (error) {
    // Where the filesystem has no links, the last of them wins.
    const there = (error as NodeJS.ErrnoException).code === 'EEXIST' ? readSecret(path) : undefined;
    return there ?? replaceFile(path, secret);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function writeUnfinished(path: string, secret: string): string {
  const unfinished = `${path}.${process.pid}.new`;
  writeFileSync(unfinished, secret, { mode: 0o600 });
  return unfinished;
}
