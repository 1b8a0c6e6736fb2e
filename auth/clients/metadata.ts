// Makes real clients' registration metadata fit (RFC 7591), and refuses what would harm; the library checks the rest.
import { errors } from 'oidc-provider';

type Metadata = Record<string, unknown>;

const grantTypes = ['authorization_code', 'refresh_token'];
const mostRedirectUris = 20;
const longestUri = 2048;
const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost']);
// Never a place to send a code to: a browser would run or read them itself (RFC 8252 section 8.4).
const harmfulSchemes = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'blob:',
  'file:',
  'about:',
  'view-source:',
]);
const optionalTexts = ['client_name', 'client_uri', 'logo_uri', 'policy_uri', 'tos_uri'];

/** Says of a web redirect host whether an app that sends people there may register. */
export type RedirectRule = (hostname: string) => boolean;

/** Rewrites the metadata in place. Throws InvalidClientMetadata naming the field. */
export function normalizeClientMetadata(metadata: Metadata, rule: RedirectRule = () => true): void {
  for (const [name, value] of Object.entries(metadata))
    if (value === '' || value === null) delete metadata[name];
  dropWhatIsOnlyShown(metadata);
  // A registered scope would be an allow-list that refuses a later step-up; consent decides, not the registration.
  delete metadata['scope'];
  normalizeKeys(metadata);
  if ('redirect_uris' in metadata)
    metadata['application_type'] = findApplicationType(metadata['redirect_uris'], rule);
  if (Array.isArray(metadata['grant_types']) && metadata['grant_types'].length > 0)
    metadata['grant_types'] = [...grantTypes];
  if (Array.isArray(metadata['response_types']) && metadata['response_types'].length > 0)
    metadata['response_types'] = ['code'];
}

function normalizeKeys(metadata: Metadata): void {
  // Nobody here gets a pseudonym per sector, and what is named there would be fetched.
  delete metadata['sector_identifier_uri'];
  if (metadata['token_endpoint_auth_method'] !== 'private_key_jwt')
    delete metadata['token_endpoint_auth_signing_alg'];
  if ('jwks_uri' in metadata) checkKeySetUri(metadata['jwks_uri']);
}

// Whoever could read or change an answer without TLS could sign in the client's name.
function checkKeySetUri(value: unknown): void {
  if (typeof value !== 'string' || URL.parse(value)?.protocol !== 'https:' || value.length > longestUri)
    throw new errors.InvalidClientMetadata('jwks_uri must be an https URL of at most 2048 characters');
}

// A picture or contact that is not well-formed is no reason to keep an app out: it is left away.
function dropWhatIsOnlyShown(metadata: Metadata): void {
  for (const name of optionalTexts) if (typeof metadata[name] !== 'string') delete metadata[name];
  for (const name of optionalTexts.filter((text) => text.endsWith('_uri'))) {
    if (name in metadata && !/^https?:\/\//.test(String(metadata[name]))) delete metadata[name];
  }
  if (typeof metadata['client_name'] === 'string')
    metadata['client_name'] = metadata['client_name'].slice(0, 200);
  delete metadata['contacts'];
}

/** `native` as soon as one address is loopback or has a scheme of its own: then any loopback port fits (RFC 8252 7.3). */
export function findApplicationType(
  redirectUris: unknown,
  rule: RedirectRule = () => true,
): 'native' | 'web' {
  if (!Array.isArray(redirectUris)) throw new errors.InvalidClientMetadata('redirect_uris must be an array');
  if (redirectUris.length > mostRedirectUris) {
    throw new errors.InvalidClientMetadata(`redirect_uris must have at most ${mostRedirectUris} members`);
  }
  return redirectUris.map((uri) => checkRedirectUri(uri, rule)).includes('native') ? 'native' : 'web';
}

function checkRedirectUri(value: unknown, rule: RedirectRule): 'native' | 'web' {
  const url = typeof value === 'string' && value.length <= longestUri ? URL.parse(value) : null;
  if (!url)
    throw new errors.InvalidClientMetadata(
      'redirect_uris must only contain absolute URIs of at most 2048 characters',
    );
  if (harmfulSchemes.has(url.protocol))
    throw new errors.InvalidClientMetadata(`redirect_uris must not use ${url.protocol}`);
  if (url.protocol === 'https:') {
    if (!rule(url.hostname))
      throw new errors.InvalidClientMetadata(
        `redirect_uris must not use the host ${url.hostname}: this server takes apps of other hosts only`,
      );
    return 'web';
  }
  if (url.protocol !== 'http:') return 'native';
  if (loopbackHosts.has(url.hostname)) return 'native';
  throw new errors.InvalidClientMetadata(
    'redirect_uris must use https unless the host is 127.0.0.1, [::1] or localhost (OAuth 2.1 section 2.3.1)',
  );
}

/** The host that a person is shown before a code goes there: of `https:` the host, else the scheme. */
export function redirectHost(redirectUri: string): string {
  const url = new URL(redirectUri);
  return /^https?:$/.test(url.protocol) ? url.host : `${url.protocol}//`;
}

export function isLoopback(redirectUri: string): boolean {
  const url = new URL(redirectUri);
  return url.protocol === 'http:' && loopbackHosts.has(url.hostname);
}
