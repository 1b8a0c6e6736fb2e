// Which apps can reach an address, as far as the address alone can say.
import { isIP } from 'node:net';
import { isPublicAddress } from './clients/hosts/public-address.ts';

/**
 * `web`: apps on the web too. `device`: programs on this very computer. `network`: programs in the same network.
 * `plain`: hardly any, since MCP takes plain http for the computer itself only.
 */
export type Reachability = 'web' | 'device' | 'network' | 'plain';

const loopbackName = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;
// RFC 6762, RFC 8375, ICANN's reservation of .internal, and what routers call a home.
const homeName = /(^|\.)(local|lan|home|home\.arpa|internal|intranet|private|localdomain|fritz\.box)$/;

export function reachabilityOf(address: string): Reachability {
  const { protocol, hostname } = new URL(address);
  const host = hostname.replace(/\.$/, '');
  if (loopbackName.test(host)) return 'device';
  if (protocol !== 'https:') return 'plain';
  return isAtHome(host) ? 'network' : 'web';
}

function isAtHome(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0) return !isPublicAddress(address);
  return !host.includes('.') || homeName.test(host);
}
