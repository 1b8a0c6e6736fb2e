// How far a client is known here: whether an operator made it, and whether somebody ever let it in.
import type { ClientStore } from '../../adapters/stores/clients.ts';

export interface ClientStanding {
  readonly isSeeded: (clientId: string) => Promise<boolean>;
  /** Whether a person may be sent to it before a page of ours was seen (RFC 9700 section 4.11.2). */
  readonly mayRedirectUnseen: (clientId: string) => Promise<boolean>;
}

export function createClientStanding(clients: ClientStore): ClientStanding {
  return {
    isSeeded: async (clientId) => (await clients.find(clientId))?.source === 'seeded',
    mayRedirectUnseen: async (clientId) => {
      const client = await clients.find(clientId);
      return client?.source === 'seeded' || client?.grantedAt !== undefined;
    },
  };
}
