// Both services as real processes on free ports, with an account and a small vault: what a person's browser visits.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { openDatabase } from '../../../adapters/database/open.ts';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { hashPassword } from '../../../auth/people/passwords.ts';
import { Pair } from '../../../scripts/demo/pair.ts';
import { createFirstAccount, type Person } from '../../../scripts/demo/sign-in.ts';
import { person } from '../../support/person.ts';

const smallVault = {
  'Garden/Apple tree.md': '# Apple tree\n\nThe apple tree needs water. See [[Boat]].\n',
  'Projects/Boat.md': '---\ntags: [boat]\n---\n# Boat\n\n- [ ] paint the boat\n',
  '정원/사과나무.md': '# 사과나무\n\n사과나무에 물을 준다. [[Apple tree]]\n',
  '일기/2026-11-26.md': '# 2026년 11월 26일\n\n배에 페인트를 칠했다.\n',
};

export interface SiteOptions {
  /** Texts by path. */
  readonly notes?: Readonly<Record<string, string>>;
  /** For both services' environment. */
  readonly settings?: Readonly<Record<string, string>>;
  /** loop-auth alone, its link for the first account not used. */
  readonly isNew?: boolean;
}

export interface Site {
  readonly pair: Pair;
  readonly issuer: string;
  /** The MCP URL. */
  readonly resource: string;
  /** The origin of loop-api. */
  readonly apiOrigin: string;
  /** The folder of notes. */
  readonly vault: string;
  /** Who has the first account. */
  readonly person: Person;
  /** Another account. */
  readonly createAccount: (username: string) => Promise<Person>;
}

/** The services end with the test. */
export async function startSite(t: Test, options: SiteOptions = {}): Promise<Site> {
  const vault = await mkdtemp(join(tmpdir(), 'loop-vault-'));
  t.teardown(() => rm(vault, { recursive: true, force: true }));
  await writeNotes(vault, options.notes ?? smallVault);
  const pair = await Pair.create({ API_VAULT_DIR: vault, ...options.settings });
  t.teardown(() => pair.close());
  await pair.start('auth');
  if (!options.isNew) {
    await pair.start('api');
    await createFirstAccount(pair.setupUrl(), person);
  }
  return {
    pair,
    issuer: pair.issuer,
    resource: pair.resource,
    apiOrigin: new URL(pair.resource).origin,
    vault,
    person,
    createAccount: createAccounts(t, pair),
  };
}

async function writeNotes(vault: string, notes: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(notes)) {
    const file = join(vault, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/** Makes accounts on one connection: SQLite keeps those waiting that are opened at once. */
function createAccounts(t: Test, { databaseUrl }: Pair): (username: string) => Promise<Person> {
  let opened: Promise<Database> | undefined;
  t.teardown(async () => (await opened)?.close());
  return async (username) => {
    opened ??= openDatabase(databaseUrl);
    const account = { username, password: person.password };
    await new AccountStore(await opened).create(username, await hashPassword(account.password));
    return account;
  };
}
