// Host names of the drill: every name below `.example` is this machine, for this process only.
import dns from 'node:dns';
import tls from 'node:tls';

type Lookup = (host: string, options: object, done: (...answer: unknown[]) => void) => void;

/** There is no resolver to ask and no file of the machine to change: node's own connections look names up here. */
export function takeExampleNamesForThisMachine(): void {
  const lookup = dns.lookup as unknown as Lookup;
  const replaced: Lookup = (host, options, done) =>
    lookup(/(^|\.)example$/.test(host) ? '127.0.0.1' : host, options, done);
  (dns as { lookup: unknown }).lookup = replaced;
}

/** Lets this process believe a certificate. */
export function trust(certificate: string): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate]);
}
