// Which clients may become known, and what may be read for them: strangers together, with a share for known hosts.
import Provider, { type AdapterPayload, errors } from 'oidc-provider';
import type { KnownClients } from '../../adapters/stores/known-clients.ts';
import { refuseStranger } from '../too-many.ts';
import { findSizeFault } from './bounded-json.ts';
import { documentHost } from './document.ts';
import { findKnownDocument } from './known.ts';

interface Limit {
  readonly take: (key: string) => Promise<number | undefined>;
}

export interface AdmissionParts {
  readonly clients: KnownClients;
  readonly registrations: { readonly all: Limit; readonly ofKnownHost: Limit };
  readonly readings: { readonly all: Limit; readonly ofKnownHost: Limit };
  /** Counts a document or key set that the network of that address makes us read. */
  readonly readFor: (address: unknown) => Promise<number | undefined>;
}

export interface Admission {
  readonly isKnown: (clientId: string) => Promise<boolean>;
  /** Before a registration is stored. Throws InvalidClientMetadata for one that is too large, or 429. */
  readonly register: (metadata: AdapterPayload) => Promise<void>;
  /** Before something is read at that URL; resolves to the seconds to wait. */
  readonly read: (url: string) => Promise<number | undefined>;
}

// What is sent has at most 8 KB (http/registration-route.ts); the library adds what was left out.
const mostBytes = 12 * 1024;
const hostsKnownMs = 5000;

export function createAdmission(parts: AdmissionParts): Admission {
  const { clients, registrations, readings } = parts;
  const isKnownHost = rememberHosts(clients);
  return {
    isKnown: (clientId) => clients.isKnown(clientId),
    register: async (metadata) => {
      const fault = findSizeFault(metadata, mostBytes);
      if (fault) throw new errors.InvalidClientMetadata(fault);
      const wait = await registrations.all.take('all');
      if (wait === undefined) return;
      const hosts = redirectHosts(metadata);
      const areKnown = hosts.length > 0 && (await isKnownHost(hosts));
      if (areKnown && (await registrations.ofKnownHost.take(String(hosts[0]))) === undefined) return;
      refuseStranger(Provider.ctx, wait, 'too many new apps');
    },
    read: async (url) => {
      const wait = await parts.readFor(Provider.ctx?.state['address']);
      if (wait !== undefined) return wait;
      const waitForAll = await readings.all.take('all');
      if (waitForAll === undefined) return undefined;
      const { host } = new URL(url);
      const isShared = findKnownDocument(url) !== undefined || (await isKnownHost([host]));
      return isShared ? readings.ofKnownHost.take(host) : waitForAll;
    },
  };
}

/** Whether all of them are hosts of clients that somebody let in: asked only when strangers have used up theirs. */
function rememberHosts(clients: KnownClients): (hosts: readonly string[]) => Promise<boolean> {
  let known: { readonly hosts: Set<string>; readonly until: number } | undefined;
  return async (hosts) => {
    if (!known || known.until < performance.now()) {
      const letIn = await clients.listLetIn();
      known = { hosts: new Set(letIn.flatMap(hostsOf)), until: performance.now() + hostsKnownMs };
    }
    const there = known.hosts;
    return hosts.every((host) => there.has(host));
  };
}

function hostsOf(metadata: AdapterPayload): string[] {
  const described = documentHost(String(metadata.client_id));
  return described === undefined ? redirectHosts(metadata) : [described, ...redirectHosts(metadata)];
}

/** Where it sends people: hosts without their port, since a port of one's own machine differs each time. */
function redirectHosts({ redirect_uris: uris = [] }: AdapterPayload): string[] {
  return uris.flatMap((uri) => {
    const url = URL.parse(uri);
    if (!url) return [];
    return /^https?:$/.test(url.protocol) ? url.hostname : url.protocol;
  });
}
