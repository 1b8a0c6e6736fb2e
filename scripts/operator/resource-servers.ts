// Resource servers as seed-client makes and changes them: their addresses, their scopes and the words for people.
import type { Command } from 'commander';
import type { ClientStore, StoredClient } from '../../adapters/stores/clients.ts';
import type { ConnectionStore } from '../../adapters/stores/connections.ts';
import type { ResourceStore, ServedResource, StoredResource } from '../../adapters/stores/resources.ts';
import { createServedResource } from '../../auth/clients/resource-servers.ts';
import type { AuthConfig } from '../../auth/config.ts';
import { fail } from './database.ts';
import { tell } from './trail.ts';

export interface ResourceOptions {
  readonly name?: string;
  readonly nameKo?: string;
  readonly scope?: string[];
  readonly scopeKo?: string[];
  readonly resourceServer?: string[];
}

const own = ['resourceServer', 'name', 'nameKo', 'scope', 'scopeKo', 'json'];

export function withResourceOptions(command: Command): Command {
  return command
    .option(
      '--resource-server <url...>',
      'a credential that may introspect tokens for these resources, and nothing else',
    )
    .option('--name-ko <name>', 'of a resource server: the name that people read in Korean')
    .option(
      '--scope-ko <scope=words...>',
      'of a resource server: the words for a scope that people read in Korean',
    );
}

export interface Stores {
  readonly store: ClientStore;
  readonly resources: ResourceStore;
  readonly connections: ConnectionStore;
  readonly config: AuthConfig;
}

/** Undefined where no resource server is wished for; fails where an option is there that is about apps. */
export async function readNewResources(
  store: ResourceStore,
  config: AuthConfig,
  options: ResourceOptions,
): Promise<[ServedResource, ...ServedResource[]] | undefined> {
  if (options.resourceServer === undefined) {
    if (options.nameKo ?? options.scopeKo) fail('--name-ko and --scope-ko go with --resource-server');
    return undefined;
  }
  const [first, ...rest] = await readResources(store, config, options);
  return first && [first, ...rest];
}

async function readResources(
  store: ResourceStore,
  config: AuthConfig,
  options: ResourceOptions,
  clientId?: string,
): Promise<ServedResource[]> {
  const [other] = Object.keys(options).filter((option) => !own.includes(option));
  if (other !== undefined)
    fail('--resource-server goes with --name, --name-ko, --scope, --scope-ko and --json only');
  const { resourceServer = [], scope, scopeKo, name, nameKo } = options;
  for (const resource of resourceServer) {
    if (config.resources.includes(resource)) fail(`${resource} is loop-api's own; it has a credential`);
    const taken = await store.find(resource);
    if (taken && taken.clientId !== clientId)
      fail(`${resource} has a credential (${taken.clientId}); rotate its secret, or delete it first`);
  }
  return resourceServer.map((resource) =>
    createServedResource({ resource, name, nameKo, scopes: scope, scopesKo: scopeKo }),
  );
}

/** Resources named are added, or said anew; without one the credential gets another name. */
export async function updateResourceServer(
  { store, resources, config }: Stores,
  { id, metadata }: StoredClient,
  { removeResourceServer: removed = [], ...options }: ResourceOptions & { removeResourceServer?: string[] },
): Promise<void> {
  const named = await readResources(resources, config, options, id);
  if (named.length === 0 && (options.scope ?? options.scopeKo ?? options.nameKo))
    fail('say by --resource-server which resource that is about');
  const before = await listOf(resources, id);
  const stray = removed.find((one) => !before.some(({ resource }) => resource === one));
  if (stray !== undefined) fail(`${id} is not for ${stray}`);
  for (const resource of named) await resources.save(id, resource);
  await resources.remove(removed);
  if (named.length === 0 && options.name !== undefined)
    await store.update(id, { ...metadata, client_name: options.name });
  tell('client.updated', { clientId: id });
  const left = describeResources(await listOf(resources, id));
  console.log([`${id} may introspect tokens for:`, ...left].join('\n'));
}

async function listOf(resources: ResourceStore, id: string): Promise<StoredResource[]> {
  return (await resources.list()).filter(({ clientId }) => clientId === id);
}

/** For a terminal, a line each. */
export function describeResources(resources: readonly (ServedResource | StoredResource)[]): string[] {
  return resources.map(({ resource, scopes }) => {
    const names = scopes.map(({ scope }) => scope).join(' ');
    return `Resource:   ${resource}  ${names === '' ? '(another vault: vault.read, vault.write)' : `(${names})`}`;
  });
}
