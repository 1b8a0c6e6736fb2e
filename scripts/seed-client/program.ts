// seed-client create --grant client_credentials: a client that acts for an account without a person.
import { randomBytes } from 'node:crypto';
import type { Database } from '../../adapters/database/database.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import { ProgramStore } from '../../adapters/stores/programs.ts';
import { createProgramClient, SeedRefused } from '../../auth/clients/seeded.ts';
import type { AuthConfig } from '../../auth/config.ts';
import type { VaultChoice } from '../../auth/vault/access.ts';
import { longestFolder } from '../../auth/vault/description.ts';
import { giveProgram } from '../../auth/vault/program-tokens.ts';
import { tell } from '../operator/trail.ts';
import { createSecret } from './secret.ts';

export interface ProgramOptions {
  readonly name?: string;
  readonly account?: string;
  readonly grant?: string[];
  readonly access?: string;
  readonly folder?: string[];
  readonly authMethod?: string;
  readonly json?: true;
}

/** Whether the options are about one. */
export function asksForProgram({ grant, account, access, folder }: ProgramOptions): boolean {
  return (grant?.includes('client_credentials') ?? false) || [account, access, folder].some(Boolean);
}

/** Makes it and prints its id, and once its secret. Throws SeedRefused. */
export async function createProgram(
  database: Database,
  { issuer, resources }: AuthConfig,
  options: ProgramOptions,
): Promise<void> {
  const choice = readChoice(options);
  const { name, account: username, authMethod = 'client_secret_basic' } = options;
  if (name === undefined) throw new SeedRefused('give --name');
  if (username === undefined) throw new SeedRefused('give --account: whose notes the program is for');
  const id = randomBytes(16).toString('hex');
  const metadata = createProgramClient(id, name, authMethod);
  const account = await new AccountStore(database).findByUsername(username);
  if (!account || account.isDisabled) throw new SeedRefused('--account: there is no such account');
  const { secret, hash } = createSecret();
  const client = { ...metadata, client_secret: hash };
  const gives = giveProgram(resources, choice);
  const grantId = await new ProgramStore(database).add({ client, accountId: account.id, gives });
  tell('client.created', { clientId: id, accountId: account.id, grantId });
  const [resource] = resources;
  const made = { ...metadata, client_secret: secret, issuer, token_endpoint: `${issuer}/token`, resource };
  if (options.json) console.log(JSON.stringify(made, null, 2));
  else
    console.log(
      `Client id:  ${id}\nSecret:     ${secret}  (shown this once)\nToken:      ${issuer}/token\nMCP:        ${resource}`,
    );
}

const ownOptions = ['name', 'account', 'grant', 'access', 'folder', 'authMethod', 'json'];

function readChoice(options: ProgramOptions): VaultChoice {
  const { grant = [], access = 'read', folder } = options;
  if (grant.length !== 1 || grant[0] !== 'client_credentials')
    throw new SeedRefused('--account, --access and --folder go with --grant client_credentials alone');
  if (Object.keys(options).some((name) => !ownOptions.includes(name)))
    throw new SeedRefused(
      '--grant client_credentials goes with --name, --account, --access, --folder, --auth-method and --json only',
    );
  if (access !== 'read' && access !== 'write')
    throw new SeedRefused(`--access: read ${JSON.stringify(access)}; allowed: read, write`);
  return { access, ...(folder && { folders: folder.map(readFolder) }) };
}

/** Paths inside the vault as loop-api knows them; one that is not there gives nothing. */
function readFolder(text: string): string {
  const folder = text.normalize('NFC').replace(/^\/|\/$/g, '');
  const isPath = folder.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isPath || folder.length > longestFolder)
    throw new SeedRefused(`--folder: ${JSON.stringify(text)} is no folder inside the vault`);
  return folder;
}
