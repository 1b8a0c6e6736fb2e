// The account page: which apps are connected, each with its way out.
import { createPage } from './pages.ts';
import { showClient } from './shown-client.ts';

export interface AccountData {
  /** Moments are in epoch seconds. */
  connections: ReadonlyArray<{
    id: string;
    clientName: string;
    redirectHost: string;
    describedAt?: string | undefined;
    since: number;
    lastUsed?: number | undefined;
  }>;
  revokeAction: string;
}

export const accountPage = createPage<AccountData>('account', (data, words) => ({
  ...data,
  connections: data.connections.map((connection) => ({ ...connection, ...showClient(connection, words) })),
}));
