// Addresses as they are counted: each in one spelling, and those that belong to one household or attacker as one.
import { isIPv6, SocketAddress } from 'node:net';

/**
 * The one spelling of an address (RFC 5952; of an IPv4-mapped one the IPv4 address), with or without a port, brackets or
 * zone. Undefined for what is no address: a proxy may pass on whatever its client wrote.
 */
export function canonicalAddress(text: string): string | undefined {
  const [bare = ''] = text
    .trim()
    .replace(/^\[([^\]]*)\](?::\d{1,5})?$/, '$1')
    .split('%', 1);
  const [, ...octets] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?::\d{1,5})?$/.exec(bare) ?? [];
  if (octets.length === 4)
    return octets.every((octet) => Number(octet) <= 255) ? octets.map(Number).join('.') : undefined;
  if (!isIPv6(bare)) return undefined;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

/** What counts as one: an IPv4 address, or the /64 of IPv6 addresses that everyone has who has one. */
export function networkOf(address: unknown): string {
  const canonical = canonicalAddress(String(address)) ?? 'none';
  if (!isIPv6(canonical)) return canonical;
  const [head = '', tail] = canonical.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return groups.slice(0, 4).join(':');
}
