// Whether browsers take passkeys at the issuer's address, and for which name (WebAuthn sections 5.1.3 and 13.4.9).
import { isIP } from 'node:net';

/** `rpId` is the name that passkeys are for; another name, and they are of no use. */
export interface Place {
  readonly rpId: string;
  readonly origin: string;
}

export type PlaceFound = Place | { readonly whyNot: 'plainHttp' | 'address' };

export function findPlace(issuer: string): PlaceFound {
  const { protocol, hostname, origin } = new URL(issuer);
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return { whyNot: 'address' };
  const isLocal = /(^|\.)localhost$/.test(hostname);
  return protocol === 'https:' || isLocal ? { rpId: hostname, origin } : { whyNot: 'plainHttp' };
}
