// Addresses that an app names to have people sent there: what one may look like, and where a person is told that it leads.
import { BlockList, isIP } from 'node:net';
import { errors } from 'oidc-provider';
import { findSchemeFault } from './schemes.ts';

/** What a person is told of an address. */
export interface Destination {
  /** A host; this very device (a program that listens on it); an app on it that opens the links of its own scheme. */
  readonly kind: 'web' | 'device' | 'app';
  /** The host with its port, in the ASCII form (`xn--`) that hides no look-alike; of an app its scheme with the colon. */
  readonly name: string;
}

/** Says of an address that could be taken whether this server takes apps with it. */
export type AddressRule = (url: URL) => boolean;

const longestUri = 2048;
const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost']);
// RFC 3986's characters and no others: a parser drops line breaks and turns backslashes into slashes.
const uriCharacters = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/;

const ownDevice = new BlockList();
ownDevice.addSubnet('127.0.0.0', 8, 'ipv4');
ownDevice.addAddress('0.0.0.0', 'ipv4');
ownDevice.addAddress('::1', 'ipv6');
ownDevice.addAddress('::', 'ipv6');

/**
 * Native as soon as the address is loopback or has a scheme of its own (RFC 8252 section 7). Throws
 * InvalidClientMetadata, whose description begins with `field` and says what to do.
 */
export function checkAddress(
  field: string,
  value: unknown,
  rule: AddressRule = () => true,
): 'native' | 'web' {
  const fault = findFault(value, rule);
  if (fault !== undefined) throw new errors.InvalidClientMetadata(`${field} ${fault}`);
  return /^https:/i.test(String(value)) ? 'web' : 'native';
}

/** Whether an app may have people sent there, whatever apps this server takes. */
export function isAddress(value: unknown): boolean {
  return findFault(value, () => true) === undefined;
}

function findFault(value: unknown, rule: AddressRule): string | undefined {
  const url = typeof value === 'string' && value.length <= longestUri ? URL.parse(value) : null;
  if (!url || typeof value !== 'string') return 'must only contain absolute URIs of at most 2048 characters';
  if (!uriCharacters.test(value))
    return 'must be spelled as RFC 3986 has it: no blanks, line breaks or backslashes, other signs percent-encoded';
  if (value.includes('#')) return 'must not contain fragments';
  const isWeb = /^https?:$/.test(url.protocol);
  const fault = isWeb ? findWebFault(value, url) : findSchemeFault(url.protocol.slice(0, -1));
  if (fault !== undefined || rule(url)) return fault;
  return isWeb
    ? `must not use the host ${url.hostname}: this server takes apps of other hosts only`
    : `must not use ${url.protocol} which reads like a host: this server takes apps of other hosts only`;
}

function findWebFault(value: string, url: URL): string | undefined {
  const [, authority = '', path = ''] = /^https?:\/\/([^/?]+)([^?]*)/i.exec(value) ?? [];
  if (authority === '') return `must begin with ${url.protocol}// and a host`;
  if (authority.includes('@')) return 'must not contain a user name or password';
  const port = url.protocol === 'https:' ? ':443' : ':80';
  if (![url.host, url.host + port].includes(authority.toLowerCase()))
    return `must name its host as it is, ${url.host}: without percent-encoding or another spelling`;
  if (/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path)) return 'must not contain the path segments . and ..';
  if (url.protocol === 'https:' || loopbackHosts.has(url.hostname)) return undefined;
  return 'must use https unless the host is 127.0.0.1, [::1] or localhost (OAuth 2.1 section 2.3.1)';
}

export function destinationOf(address: string): Destination {
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) return { kind: 'app', name: url.protocol };
  return { kind: isOwnDevice(url.hostname) ? 'device' : 'web', name: url.host };
}

/** Whether a browser stays on its own machine with that host (RFC 6761 section 6.3 for the names). */
function isOwnDevice(hostname: string): boolean {
  if (/^(?:.*\.)?localhost\.?$/.test(hostname)) return true;
  const address = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  // A BlockList looks at the IPv4 address inside a mapped one (::ffff:127.0.0.1) by itself.
  return version !== 0 && ownDevice.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
