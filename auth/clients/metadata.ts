// Makes real clients' registration metadata fit (RFC 7591), and refuses what would harm; the library checks the rest.
import { type AdapterPayload, errors } from 'oidc-provider';
import { type AddressRule, checkAddress, destinationOf, isAddress } from './redirects/addresses.ts';

type Metadata = Record<string, unknown>;

const grantTypes = ['authorization_code', 'refresh_token'];
/** Of a terminal, which is let in by a code that a person enters elsewhere (RFC 8628). */
export const deviceGrantType = 'urn:ietf:params:oauth:grant-type:device_code';
const mostRedirectUris = 20;
const longestUri = 2048;
const longestName = 200;

const isText = (value: unknown): boolean => typeof value === 'string';
const isShort = (value: unknown): boolean => typeof value === 'string' && value.length <= longestName;
const isWebAddress = (value: unknown): boolean =>
  typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '');
const onlyShown: Readonly<Record<string, (value: unknown) => boolean>> = {
  client_name: isText,
  client_uri: isWebAddress,
  logo_uri: isWebAddress,
  policy_uri: isWebAddress,
  tos_uri: isWebAddress,
  software_id: isShort,
  software_version: isShort,
};

/** Rewrites the metadata in place. Throws InvalidClientMetadata naming the field. */
export function normalizeClientMetadata(metadata: Metadata, rule?: AddressRule): void {
  for (const [name, value] of Object.entries(metadata))
    if (value === '' || value === null) delete metadata[name];
  dropWhatIsOnlyShown(metadata);
  // A registered scope would be an allow-list that refuses a later step-up; consent decides, not the registration.
  delete metadata['scope'];
  // Whoever registers could name anybody's address, and a browser would be sent there without a question: only an
  // operator gives one (seeded.ts).
  delete metadata['post_logout_redirect_uris'];
  normalizeKeys(metadata);
  if ('redirect_uris' in metadata)
    metadata['application_type'] = findApplicationType(metadata['redirect_uris'], rule);
  normalizeGrants(metadata);
}

/** Whatever else a client can do elsewhere, here it comes with a code or a device code, so it must say that it can (RFC 7591 section 2). */
function normalizeGrants(metadata: Metadata): void {
  for (const name of ['grant_types', 'response_types']) {
    const { [name]: list } = metadata;
    if (Array.isArray(list) && list.length === 0) delete metadata[name];
  }
  const { grant_types: grants } = metadata;
  const isTerminal = isTerminalOnly(metadata);
  if (Array.isArray(grants)) metadata['grant_types'] = readGrants(grants);
  if (isTerminal) normalizeTerminal(metadata);
  else normalizeResponses(metadata);
}

function readGrants(grants: readonly unknown[]): string[] {
  if (grants.includes(deviceGrantType)) return [...grantTypes, deviceGrantType];
  if (!grantTypes.some((grant) => grants.includes(grant)))
    refuse(
      `grant_types must contain authorization_code or ${deviceGrantType}, with which a person lets an app in; this server has no other for apps that register themselves`,
    );
  return [...grantTypes];
}

/** Whether it is let in by a device code alone, and nobody is sent back to it. */
export function isTerminalOnly({ grant_types: grants }: Metadata): boolean {
  return Array.isArray(grants) && grants.includes(deviceGrantType) && !grants.includes('authorization_code');
}

function normalizeResponses(metadata: Metadata): void {
  const { response_types: responses } = metadata;
  if (!Array.isArray(responses)) return;
  if (!responses.includes('code'))
    refuse('response_types must contain code: this server hands out tokens at the token endpoint only');
  metadata['response_types'] = ['code'];
}

/** It has no address that anybody could be sent back to, and gets tokens at the token endpoint only. */
function normalizeTerminal(metadata: Metadata): void {
  metadata['grant_types'] = [deviceGrantType, 'refresh_token'];
  metadata['response_types'] = [];
  metadata['redirect_uris'] ??= [];
}

function normalizeKeys(metadata: Metadata): void {
  // Nobody here gets a pseudonym per sector, and what is named there would be fetched.
  delete metadata['sector_identifier_uri'];
  if (metadata['token_endpoint_auth_method'] !== 'private_key_jwt')
    delete metadata['token_endpoint_auth_signing_alg'];
  if ('jwks_uri' in metadata) checkKeySetUri(metadata['jwks_uri']);
  if ('jwks' in metadata) checkKeySet(metadata['jwks']);
}

// Whoever could read or change an answer without TLS could sign in the client's name.
function checkKeySetUri(value: unknown): void {
  if (typeof value !== 'string' || URL.parse(value)?.protocol !== 'https:' || value.length > longestUri)
    refuse('jwks_uri must be an https URL of at most 2048 characters');
}

/** What the library says of keys does not name the field; it looks at each key more closely. */
function checkKeySet(value: unknown): void {
  const { keys } = Object(value) as { keys?: unknown };
  const isKey = (key: unknown): boolean => {
    const { kty, use, d } = Object(key) as { kty?: unknown; use?: unknown; d?: unknown };
    return (
      /^(?:RSA|EC|OKP|AKP)$/.test(String(kty)) && (use === undefined || use === 'sig') && d === undefined
    );
  };
  if (!Array.isArray(keys) || !keys.some(isKey))
    refuse('jwks must be {"keys": [...]} with a public key to check signatures with (RFC 7517)');
}

// A picture or contact that is not well-formed is no reason to keep an app out: it is left away.
function dropWhatIsOnlyShown(metadata: Metadata): void {
  for (const [name, isFit] of Object.entries(onlyShown)) if (!isFit(metadata[name])) delete metadata[name];
  if ('client_name' in metadata)
    metadata['client_name'] = String(metadata['client_name']).slice(0, longestName);
  delete metadata['contacts'];
}

/** `native` as soon as one address is loopback or has a scheme of its own: then any loopback port fits (RFC 8252 7.3). */
export function findApplicationType(redirectUris: unknown, rule?: AddressRule): 'native' | 'web' {
  if (!Array.isArray(redirectUris)) refuse('redirect_uris must be an array');
  if (redirectUris.length > mostRedirectUris)
    refuse(`redirect_uris must have at most ${mostRedirectUris} members`);
  const types = redirectUris.map((uri) => checkAddress('redirect_uris', uri, rule));
  if (!types.includes('native')) return 'web';
  if (redirectUris.some((uri) => /^https:/i.test(uri) && destinationOf(uri).kind === 'device'))
    refuse('redirect_uris must not use https on a loopback host beside addresses of a native app');
  return 'native';
}

/**
 * A stored client without the addresses that could not be registered today: its row may be older than a rule. One that
 * has none left keeps its connections, and can't be asked for anything.
 */
export function withGoodAddresses(client: AdapterPayload): AdapterPayload {
  const { redirect_uris: all = [], post_logout_redirect_uris: afterwards = [] } = client;
  if ([...all, ...afterwards].every(isAddress)) return client;
  const good = all.filter(isAddress);
  return {
    ...client,
    redirect_uris: good,
    post_logout_redirect_uris: afterwards.filter(isAddress),
    ...(good.length === 0 && { response_types: [] }),
  };
}

function refuse(description: string): never {
  throw new errors.InvalidClientMetadata(description);
}

/** Where an app sends people, in a line of the ledger. */
export function redirectHost(redirectUri: string): string {
  const { kind, name } = destinationOf(redirectUri);
  return kind === 'app' ? `an app that opens ${name} links` : name;
}
