// A vault of these notes in a folder of its own, indexed.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { openVault, type Vault } from '../../api/vault/vault.ts';
import { until } from './until.ts';

/** Notes by path; gone with the test. */
export async function openNotes(
  t: Test,
  notes: Readonly<Record<string, string | Buffer>>,
): Promise<{ directory: string; vault: Vault }> {
  const top = await mkdtemp(join(tmpdir(), 'notes-test-'));
  const directory = join(top, 'notes');
  await mkdir(directory);
  for (const [path, text] of Object.entries(notes)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  const vault = await openVault({ directory, indexPath: ':memory:' });
  t.teardown(async () => {
    await vault.close();
    await rm(top, { recursive: true });
  });
  await until(() => !vault.progress().building, 'the index');
  return { directory, vault };
}
