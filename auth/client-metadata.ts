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

/** Rewrites the metadata in place. Throws InvalidClientMetadata naming the field. */
export function normalizeClientMetadata(metadata: Metadata): void {
  for (const [name, value] of Object.entries(metadata))
    if (value === '' || value === null) delete metadata[name];
  dropWhatIsOnlyShown(metadata);
  // A registered scope would be an allow-list that refuses a later step-up; consent decides, not the registration.
  delete metadata['scope'];
  if ('redirect_uris' in metadata)
    metadata['application_type'] = applicationTypeFor(metadata['redirect_uris']);
  if (Array.isArray(metadata['grant_types']) && metadata['grant_types'].length > 0)
    metadata['grant_types'] = [...grantTypes];
  if (Array.isArray(metadata['response_types']) && metadata['response_types'].length > 0)
    metadata['response_types'] = ['code'];
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
function applicationTypeFor(redirectUris: unknown): 'native' | 'web' {
  if (!Array.isArray(redirectUris)) throw new errors.InvalidClientMetadata('redirect_uris must be an array');
  if (redirectUris.length > mostRedirectUris) {
    throw new errors.InvalidClientMetadata(`redirect_uris must have at most ${mostRedirectUris} members`);
  }
  return redirectUris.map(checkRedirectUri).includes('native') ? 'native' : 'web';
}

function checkRedirectUri(value: unknown): 'native' | 'web' {
  const url = typeof value === 'string' && value.length <= longestUri ? URL.parse(value) : null;
  if (!url)
    throw new errors.InvalidClientMetadata(
      'redirect_uris must only contain absolute URIs of at most 2048 characters',
    );
  if (harmfulSchemes.has(url.protocol))
    throw new errors.InvalidClientMetadata(`redirect_uris must not use ${url.protocol}`);
  if (url.protocol === 'https:') return 'web';
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
