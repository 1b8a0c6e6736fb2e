// npm run seed-client: clients made by hand, for GPT Actions and for apps that ask for an id and a secret.
import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import type { ClientStore, StoredClient } from '../adapters/stores/clients.ts';
import type { ServedResource } from '../adapters/stores/resources.ts';
import { createResourceServer } from '../auth/clients/resource-servers.ts';
import { createSeededClient, withAddresses } from '../auth/clients/seeded.ts';
import { type Preset, presets } from './operator/client-presets.ts';
import { listClients, publicMetadata } from './operator/client-table.ts';
import { fail } from './operator/database.ts';
import {
  describeResources,
  type ResourceOptions,
  readNewResources,
  type Stores,
  updateResourceServer,
  withResourceOptions,
} from './operator/resource-servers.ts';
import { printTable } from './operator/table.ts';
import { tell, tellRevoked } from './operator/trail.ts';
import { asksForProgram, createProgram, type ProgramOptions } from './seed-client/program.ts';
import { createSecret } from './seed-client/secret.ts';
import { withClients } from './seed-client/stores.ts';

type Metadata = StoredClient['metadata'];

interface CreateOptions extends ResourceOptions, ProgramOptions {
  readonly preset?: string;
  readonly redirectUri?: string[];
  readonly postLogoutRedirectUri?: string[];
  readonly public?: true;
  readonly idTokenAlg?: string;
  readonly withoutPkce?: true;
}

interface UpdateOptions extends ResourceOptions {
  readonly addRedirectUri?: string[];
  readonly removeRedirectUri?: string[];
  readonly addPostLogoutRedirectUri?: string[];
  readonly removePostLogoutRedirectUri?: string[];
  readonly removeResourceServer?: string[];
}

const program = new Command('seed-client').description(
  'Makes and manages clients by hand. Uses AUTH_DATABASE_URL; a running loop-auth knows of it at once.',
);

withResourceOptions(program.command('create', { isDefault: true }))
  .description('makes a client and prints its id, and once its secret')
  .addOption(new Option('--preset <app>', 'values of a well-known app').choices(Object.keys(presets)))
  .option('--name <name>', 'what people are shown')
  .option('--redirect-uri <uri...>', 'where people may be sent back to, exactly')
  .option('--post-logout-redirect-uri <uri...>', 'where people may be sent after they signed out, exactly')
  .option('--auth-method <method>', 'client_secret_basic, client_secret_post or none')
  .option(
    '--grant <type...>',
    'authorization_code, refresh_token (both); device_code: a terminal; client_credentials: no person',
  )
  .option('--account <username>', 'of client_credentials: the account that it acts for')
  .option('--access <access>', 'of client_credentials: read (default) or write')
  .option('--folder <path...>', 'of client_credentials: the folders that it reaches (all of the vault)')
  .option(
    '--scope <scope...>',
    'the most that it may ask for (no limit); of a resource server its own scopes, each with =WORDS for people',
  )
  .option('--id-token-alg <alg>', 'what its ID tokens are signed with: RS256 (default) or ES256')
  .option('--public', 'an app that keeps no secret')
  .option('--without-pkce', 'let it go without a proof key, which only GPT Actions need; needs a secret')
  .option('--json', 'print JSON')
  .action((options: CreateOptions) =>
    asksForProgram(options)
      ? withClients(({ config }, database) => createProgram(database, config, options))
      : withClients((stores) => create(stores, options), { mayBeFirst: true }),
  );

program
  .command('list')
  .description('every client; identical registrations are one line')
  .option('--json', 'print JSON, every client on its own')
  .action(({ json }: { json?: true }) =>
    withClients(async ({ store, resources }) => {
      const clients = await store.list();
      const served = await resources.list();
      const all = clients.map((client) => publicMetadata(client, served));
      if (json) console.log(JSON.stringify(all, null, 2));
      else if (clients.length === 0) console.log('There are no clients.');
      else printTable(listClients(clients, served));
    }),
  );

program
  .command('show <id>')
  .description('everything about one client, except its secret')
  .action((id: string) =>
    withClients(async ({ store, resources }) => {
      const shown = publicMetadata(await findClient(store, id), await resources.list());
      console.log(JSON.stringify(shown, null, 2));
    }),
  );

withResourceOptions(program.command('update <id>'))
  .description('changes a client that was made by hand')
  .option('--remove-resource-server <url...>', 'a resource less; its connections end')
  .option('--scope <scope...>', 'of the resource servers named: their scopes from now on, each with =WORDS')
  .option('--name <name>', 'what people are shown')
  .option('--add-redirect-uri <uri...>', 'one more address')
  .option('--remove-redirect-uri <uri...>', 'an address less')
  .option('--add-post-logout-redirect-uri <uri...>', 'one more address for after signing out')
  .option('--remove-post-logout-redirect-uri <uri...>', 'such an address less')
  .action((id: string, options: UpdateOptions) => withClients((stores) => update(stores, id, options)));

program
  .command('rotate-secret <id>')
  .description('gives it a new secret, printed once; the old one ends now, its tokens stay')
  .option('--json', 'print JSON')
  .action((id: string, { json }: { json?: true }) =>
    withClients(async ({ store }) => {
      const { metadata } = await findSeeded(store, id);
      if (metadata.client_secret === undefined) fail(`${id} has no secret`);
      const { secret, hash } = createSecret();
      await store.update(id, { ...metadata, client_secret: hash });
      tell('client.secret_rotated', { clientId: id });
      if (json) console.log(JSON.stringify({ client_id: id, client_secret: secret }, null, 2));
      else console.log(`New secret of ${id} (shown this once): ${secret}`);
    }),
  );

program
  .command('delete <id>')
  .description('deletes a client of any kind, with everything that was issued to it')
  .action((id: string) =>
    withClients(async ({ store, resources, connections }) => {
      await findClient(store, id);
      const revoked = (await connections.list()).filter(({ clientId }) => clientId === id);
      await resources.removeOf(id);
      await store.delete(id);
      tell('client.deleted', { clientId: id });
      tellRevoked(revoked);
      console.log(`Deleted ${id}, and every token that it had.`);
    }),
  );

await program.parseAsync();

async function create({ store, resources, config }: Stores, options: CreateOptions): Promise<void> {
  const id = randomBytes(16).toString('hex');
  const served = await readNewResources(resources, config, options);
  const metadata = served
    ? createResourceServer(id, options.name ?? served[0].resource)
    : fromOptions(id, options);
  const isPublic = metadata.token_endpoint_auth_method === 'none';
  const { secret, hash } = createSecret();
  const stored = { ...metadata, ...(!isPublic && { client_secret: hash }) };
  await store.add(served ? 'resource-server' : 'seeded', stored, { resources: served ?? [] });
  tell('client.created', { clientId: id });
  const endpoints = {
    issuer: config.issuer,
    authorization_endpoint: `${config.issuer}/auth`,
    token_endpoint: `${config.issuer}/token`,
    introspection_endpoint: `${config.issuer}/token/introspection`,
  };
  const made = {
    ...metadata,
    ...(!isPublic && { client_secret: secret }),
    ...(served && { resources: served }),
  };
  if (options.json) console.log(JSON.stringify({ ...made, ...endpoints }, null, 2));
  else printMade(made, endpoints, presets[options.preset ?? '']);
}

function fromOptions(id: string, options: CreateOptions): Metadata {
  const preset: Partial<Preset> = presets[options.preset ?? ''] ?? {};
  const { grant: grants = ['authorization_code', 'refresh_token'], scope: scopes = [] } = options;
  return createSeededClient(id, {
    name: options.name ?? preset.name ?? fail('give --name, or a --preset'),
    redirectUris: [...(preset.redirectUris ?? []), ...(options.redirectUri ?? [])],
    postLogoutRedirectUris: options.postLogoutRedirectUri ?? [],
    authMethod: authMethodOf(options) ?? preset.authMethod ?? 'client_secret_basic',
    grants,
    scopes,
    withoutPkce: (options.withoutPkce ?? preset.withoutPkce) === true,
    idTokenAlg: options.idTokenAlg,
  });
}

function authMethodOf({ public: isPublic, authMethod }: CreateOptions): string | undefined {
  if (isPublic && authMethod !== undefined && authMethod !== 'none')
    fail('--public and --auth-method say different things');
  return isPublic ? 'none' : authMethod;
}

function printMade(made: Metadata, endpoints: Record<string, string>, preset?: Preset): void {
  const lines = [`Client id:  ${made.client_id}`];
  if (made.client_secret !== undefined) lines.push(`Secret:     ${made.client_secret}  (shown this once)`);
  const served = made['resources'] as readonly ServedResource[] | undefined;
  if (served) lines.push(`Introspect: ${endpoints['introspection_endpoint']}`, ...describeResources(served));
  else lines.push(...describeApp(made, endpoints), preset?.next ?? '');
  console.log(lines.filter(Boolean).join('\n'));
}

function describeApp(made: Metadata, endpoints: Record<string, string>): string[] {
  return [
    `Authorize:  ${endpoints['authorization_endpoint']}`,
    `Token:      ${endpoints['token_endpoint']}`,
    made['may_omit_pkce'] ? 'PKCE:       not required of this client' : '',
    made.redirect_uris?.length === 0 ? 'No redirect URI yet: nobody can sign in through it.' : '',
  ];
}

async function update(stores: Stores, id: string, options: UpdateOptions): Promise<void> {
  const { store } = stores;
  const client = await findSeeded(store, id);
  if (client.source === 'resource-server') return updateResourceServer(stores, client, options);
  const { metadata } = client;
  if (options.resourceServer ?? options.removeResourceServer ?? options.scope)
    fail(`${id} is an app, and no resource server`);
  const { name } = options;
  const renamed = { ...metadata, ...(name !== undefined && { client_name: name }) };
  const changed = withChangedAddresses(renamed, options);
  await store.update(id, changed);
  tell('client.updated', { clientId: id });
  console.log(`${id} now sends people to: ${changed.redirect_uris?.join(' ') || 'nowhere yet'}`);
  const { post_logout_redirect_uris: afterwards = [] } = changed;
  if (afterwards.length > 0) console.log(`and after they signed out to: ${afterwards.join(' ')}`);
}

function withChangedAddresses(metadata: Metadata, options: UpdateOptions): Metadata {
  const change = (
    present: readonly string[],
    add: readonly string[] = [],
    remove: readonly string[] = [],
  ) => {
    const unknown = remove.find((uri) => !present.includes(uri));
    if (unknown !== undefined) fail(`${metadata.client_id} has no redirect URI ${unknown}`);
    return [...present, ...add].filter((uri) => !remove.includes(uri));
  };
  const { redirect_uris: uris = [], post_logout_redirect_uris: afterwards = [] } = metadata;
  return withAddresses(
    metadata,
    change(uris, options.addRedirectUri, options.removeRedirectUri),
    change(afterwards, options.addPostLogoutRedirectUri, options.removePostLogoutRedirectUri),
  );
}

async function findClient(store: ClientStore, id: string): Promise<StoredClient> {
  return (
    (await store.find(id)) ?? fail(`there is no client ${id}; \`npm run seed-client -- list\` lists them`)
  );
}

async function findSeeded(store: ClientStore, id: string): Promise<StoredClient> {
  const client = await findClient(store, id);
  if (client.source === 'registration' || client.source === 'document')
    fail(`${id} describes itself (${client.source}); it can be deleted, not changed`);
  return client;
}
