// What clients send to the token endpoint, made to mean what it says before the library looks: names, scopes, secrets.
import { timingSafeEqual } from 'node:crypto';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import { hashClientSecret } from '../adapters/models/client.ts';
import { noSecret, presentsNoSecret, rawBasicSecret } from './http/basic-credentials.ts';
import type { Resources } from './resources.ts';
import { normalizeRefreshScope, splitScopes } from './scopes.ts';
import { wrapAdapter } from './wrapped-adapter.ts';

const askingRoutes = new Set(['token', 'device_authorization']);

/** Finding its client is the one public place that a token or device authorization request passes before the library looks at what it asks for. */
export function normalizingFirst(clients: Adapter, resources: Resources): Adapter {
  return wrapAdapter(clients, {
    find: async (id) => {
      const { oidc, headers } = Provider.ctx ?? {};
      if (oidc && askingRoutes.has(oidc.route) && oidc.params) {
        await resources.normalizeRequested(oidc.params);
        trimScope(oidc.params);
      }
      const client = await clients.find(id);
      return client && presentsNoSecret(headers?.authorization) ? takingNoSecret(client) : client;
    },
  });
}

/**
 * Clients repeat at a refresh what they asked for at first. What the person did not give of it is left out here: the
 * library would refuse all of it, and the app would ask the person again.
 */
export function leavingWithheld(grants: Adapter, { scopesOf }: Pick<Resources, 'scopesOf'>): Adapter {
  return wrapAdapter(grants, {
    find: async (id) => {
      const grant = await grants.find(id);
      const { oidc } = Provider.ctx ?? {};
      if (oidc?.route !== 'token' || !oidc.params || !grant) return grant;
      const { resources = {} } = grant as { resources?: object };
      const offered = await Promise.all(Object.keys(resources).map(scopesOf));
      // Of a grant for no resource at all a vault's scopes are refused, as ever.
      normalizeRefreshScope(oidc.params, offered.length > 0 ? offered.flat() : undefined);
      leaveWithheld(oidc.params, grant.rejected);
      return grant;
    },
  });
}

function leaveWithheld(parameters: { scope?: unknown }, rejected: AdapterPayload['rejected']): void {
  const { resources = {} } = (rejected ?? {}) as { resources?: Record<string, string> };
  const withheld = Object.values(resources).flatMap(splitScopes);
  if (withheld.length === 0 || typeof parameters.scope !== 'string') return;
  const rest = splitScopes(parameters.scope).filter((scope) => !withheld.includes(scope));
  parameters.scope = rest.join(' ') || undefined;
}

// Which of them are known is for the grant to say; the library refuses blanks before it looks for one.
function trimScope(parameters: { scope?: unknown }): void {
  if (typeof parameters.scope === 'string')
    parameters.scope = splitScopes(parameters.scope).join(' ') || undefined;
}

/** A client that has no secret, as one that proves itself by not having one. */
function takingNoSecret(client: AdapterPayload): AdapterPayload {
  if (client.token_endpoint_auth_method !== 'none') return client;
  const secret = hashClientSecret(noSecret);
  return { ...client, token_endpoint_auth_method: 'client_secret_basic', client_secret: secret };
}

/** The library compares secrets in clear; ours are stored as hashes (its intended override, panva/node-oidc-provider#631). */
export function compareSecretsByHash(provider: Provider): void {
  provider.Client.prototype.compareClientSecret = function compareClientSecret(actual: string) {
    const raw = rawBasicSecret(Provider.ctx?.headers.authorization);
    return (
      isSecret(String(this.clientSecret), actual) ||
      (raw !== undefined && isSecret(String(this.clientSecret), raw))
    );
  };
}

function isSecret(storedHash: string, presentedSecret: string): boolean {
  const stored = Buffer.from(storedHash);
  const presented = Buffer.from(hashClientSecret(presentedSecret));
  return stored.length === presented.length && timingSafeEqual(stored, presented);
}
