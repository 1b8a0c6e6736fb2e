// seed-client: the stores that its commands work on.
import type { Database } from '../../adapters/database/database.ts';
import { ClientStore } from '../../adapters/stores/clients.ts';
import { ConnectionStore } from '../../adapters/stores/connections.ts';
import { ResourceStore } from '../../adapters/stores/resources.ts';
import { type FirstUse, withDatabase } from '../operator/database.ts';
import type { Stores } from '../operator/resource-servers.ts';

export async function withClients(
  work: (stores: Stores, database: Database) => Promise<void>,
  use?: FirstUse,
): Promise<void> {
  await withDatabase((database, config) => {
    const store = new ClientStore(database);
    const resources = new ResourceStore(database);
    return work({ store, resources, connections: new ConnectionStore(database), config }, database);
  }, use);
}
