// How clients are shown to an operator: a line each, with identical registrations as one.
import type { StoredClient } from '../../adapters/stores/clients.ts';
import type { StoredResource } from '../../adapters/stores/resources.ts';
import { documentHost } from '../../auth/clients/document.ts';
import { redirectHost } from '../../auth/clients/metadata.ts';

const kinds: Readonly<Record<StoredClient['source'], string>> = {
  registration: 'registered',
  document: 'document',
  seeded: 'seeded',
  'resource-server': 'resource server',
};

/** Clients that register anew at every connection would fill the screen: alike ones are one line with a count. */
export function listClients(
  clients: readonly StoredClient[],
  resources: readonly StoredResource[],
): Record<string, string>[] {
  const alike = Map.groupBy(clients, (client) =>
    client.source === 'registration' ? likeness(client) : client.id,
  );
  return [...alike.values()].map((group) => {
    const [first] = group;
    const newest = Math.max(...group.map(({ createdAt }) => createdAt));
    return {
      ...(first ? describe(first, resources) : {}),
      clients: String(group.length),
      'let in': String(group.filter(({ grantedAt }) => grantedAt !== undefined).length),
      newest: new Date(newest * 1000).toISOString().slice(0, 10),
      id: group.length === 1 ? (first?.id ?? '') : 'several: see --json',
    };
  });
}

/** Everything that is known of a client, but not its secret's hash. */
export function publicMetadata(
  { id, source, metadata }: StoredClient,
  resources: readonly StoredResource[],
): Record<string, unknown> {
  const { client_secret: secret, ...rest } = metadata;
  const pkce = rest['may_omit_pkce'] ? 'not required' : 'required';
  const own = resources.filter(({ clientId }) => clientId === id).map(({ clientId: _, ...one }) => one);
  return {
    ...rest,
    ...(own.length > 0 && { resources: own }),
    source,
    has_secret: secret !== undefined,
    pkce,
  };
}

function describe(
  { id, source, metadata }: StoredClient,
  resources: readonly StoredResource[],
): Record<string, string> {
  const served = resources.filter(({ clientId }) => clientId === id).map(({ resource }) => resource);
  const hosts = [...new Set((metadata.redirect_uris ?? []).map(redirectHost))];
  return {
    kind: kinds[source],
    name: String(metadata.client_name ?? ''),
    'sends people to': hosts.join(' ') || served.join(' ') || (documentHost(id) ?? ''),
    secret: metadata.client_secret === undefined ? 'no' : 'yes',
    pkce: metadata['may_omit_pkce'] ? 'NOT REQUIRED' : 'required',
  };
}

function likeness({ metadata }: StoredClient): string {
  const { client_name: name, redirect_uris: uris, token_endpoint_auth_method: method } = metadata;
  return JSON.stringify([name, uris, method]);
}
