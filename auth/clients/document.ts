// What a client says of itself at its client_id (Client ID Metadata Documents): which URLs count, and what is taken over.
import { isIP } from 'node:net';
import { errors } from 'oidc-provider';
import { isTerminalOnly, normalizeClientMetadata } from './metadata.ts';
import type { AddressRule } from './redirects/addresses.ts';

export type ClientDocument = Record<string, unknown> & { readonly client_id: string };

const longestUrl = 1024;
const sharedSecrets = new Set(['client_secret_basic', 'client_secret_post', 'client_secret_jwt']);
const authMethods = ['none', 'private_key_jwt'];
const idTokenAlgorithms = ['RS256', 'ES256'];
// Everything else in a document is about features that are off here; refusing it would only keep apps out.
const takenOver = [
  'client_id',
  'client_name',
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'redirect_uris',
  'grant_types',
  'response_types',
  'id_token_signed_response_alg',
  'token_endpoint_auth_signing_alg',
  'jwks',
  'jwks_uri',
  'software_id',
  'software_version',
];

/** An https URL with a path, in its one canonical spelling, so that no two identifiers mean the same document. */
export function isDocumentUrl(id: string): boolean {
  if (!id.startsWith('https://') || id.length > longestUrl) return false;
  const url = URL.parse(id);
  return (
    url !== null &&
    url.href === id &&
    url.pathname !== '/' &&
    url.hash === '' &&
    !id.includes('#') &&
    url.username === '' &&
    url.password === '' &&
    isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0
  );
}

/** The host that vouches for a client: of a document's URL its host; undefined for every other client. */
export function documentHost(clientId: string): string | undefined {
  return isDocumentUrl(clientId) ? new URL(clientId).host : undefined;
}

/** The metadata of a fetched document as the library takes it. Throws InvalidClientMetadata naming the field. */
export function parseClientDocument(id: string, body: unknown, rule?: AddressRule): ClientDocument {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse('is not a JSON object');
  const document = body as Record<string, unknown>;
  if (document['client_id'] !== id) refuse('client_id is not the address that the document was read from');
  if (typeof document['client_name'] !== 'string' || document['client_name'] === '')
    refuse('client_name is missing');
  if (!isTerminalOnly(document)) checkAddressesOf(document);
  if ('client_secret' in document || 'client_secret_expires_at' in document)
    refuse('client_secret must not be published');
  const taken = takenOver.filter((name) => name in document).map((name) => [name, document[name]]);
  const metadata: Record<string, unknown> = {
    ...Object.fromEntries(taken),
    token_endpoint_auth_method: authMethodOf(document),
  };
  normalizeClientMetadata(metadata, rule);
  // One that we lack is no reason to keep the app out; its ID tokens are signed as for everyone.
  if (!idTokenAlgorithms.includes(String(metadata['id_token_signed_response_alg'])))
    delete metadata['id_token_signed_response_alg'];
  return { ...metadata, client_id: id };
}

function checkAddressesOf({ redirect_uris: uris }: Record<string, unknown>): void {
  if (!Array.isArray(uris) || uris.length === 0) refuse('redirect_uris is missing');
}

function authMethodOf(document: Record<string, unknown>): unknown {
  const method = document['token_endpoint_auth_method'] ?? 'none';
  if (sharedSecrets.has(String(method)))
    refuse('token_endpoint_auth_method must not be one with a shared secret');
  const others = document['token_endpoint_auth_methods_supported'];
  const offered = [method, ...(Array.isArray(others) ? others : [])];
  return offered.find((one) => authMethods.includes(one)) ?? method;
}

function refuse(fault: string): never {
  throw new errors.InvalidClientMetadata(`client metadata document: ${fault}`);
}
