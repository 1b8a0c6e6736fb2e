// The way from the internet to the proxy: name, port, clock, certificate, protocol.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { type Finding, failure, fine, warning } from './findings.ts';
import { type Answer, ask, codeOf, NoAnswer } from './probe.ts';
import { isLoopback } from './subject.ts';
import type { Check, World } from './world.ts';

const day = 24 * 3600 * 1000;
const soonDays = 14;
const mostClockSeconds = 60;
const connectMs = 5000;

export const publicChecks: readonly Check[] = [
  { name: 'dns', needs: ['settings'], run: forEachOrigin(lookUpName) },
  { name: 'connection', needs: ['dns'], run: forEachOrigin(reach) },
  { name: 'clock', needs: ['connection'], run: forEachOrigin(compareClocks) },
  { name: 'certificate', needs: ['clock'], run: forEachOrigin(judgeCertificate) },
  { name: 'protocol', needs: ['connection'], run: forEachOrigin(judgeProtocol) },
];

/** Both public addresses, which may lie on two hosts; the first that is not fine decides. */
function forEachOrigin(look: (origin: URL) => Promise<Finding>): Check['run'] {
  return async ({ subject: { resource, issuer } }: World) => {
    const addresses = [...(issuer ? [issuer] : []), resource].map((address) => new URL(address));
    // A port speaks one of http and https: where both are named for it, that was said before.
    const byHost = new Map(addresses.map((address) => [address.host, address.origin]));
    const origins = [...byHost.values()].reverse();
    const findings: Finding[] = [];
    for (const origin of origins) findings.push(await look(new URL(origin)));
    const found = findings.filter(({ state }) => state !== 'ok');
    return found.length > 0
      ? found
      : fine(findings.map((one) => ('detail' in one ? one.detail : '')).join(', '));
  };
}

const nameOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

async function lookUpName(origin: URL): Promise<Finding> {
  try {
    return fine((await lookup(nameOf(origin))).address);
  } catch (error) {
    return failure('nameUnknown', { host: nameOf(origin), reason: codeOf(error) });
  }
}

async function reach(origin: URL): Promise<Finding> {
  try {
    await touch(origin);
    return fine(origin.origin);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const { reason } = error;
    const isTls = /SSL|TLS|EPROTO/.test(reason);
    return failure(isTls ? 'noTls' : 'connectionRefused', { address: origin.origin, reason });
  }
}

/** Before the certificate is judged: what comes back says no more than that something is there, and its time. */
function touch(origin: URL): Promise<Answer> {
  return ask(`${origin.origin}/.well-known/oauth-protected-resource`, { isUnverified: true });
}

async function compareClocks(origin: URL): Promise<Finding> {
  const theirs = Date.parse((await touch(origin)).header('date') ?? '');
  const seconds = Math.round(Math.abs(Date.now() - theirs) / 1000);
  if (seconds > mostClockSeconds)
    return failure('clockOff', { address: origin.origin, seconds: String(seconds) });
  return fine(Number.isNaN(seconds) ? '' : `± ${seconds} s`);
}

async function judgeProtocol(origin: URL): Promise<Finding> {
  const { httpVersion } = await touch(origin);
  if (httpVersion === '1.0') return failure('httpOld', { address: origin.origin, version: httpVersion });
  const isNewer = origin.protocol === 'https:' && (await shake(origin)).protocol === 'h2';
  return fine(isNewer ? 'HTTP/2' : `HTTP/${httpVersion}`);
}

interface Handshake {
  readonly protocol: string | false | null;
  /** Why it is not trusted; undefined where it is. */
  readonly fault: string | undefined;
  readonly certificate: DetailedPeerCertificate;
}

async function shake(origin: URL): Promise<Handshake> {
  const host = nameOf(origin);
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect(
    {
      host,
      port: Number(origin.port || 443),
      ...(isIP(host) === 0 && { servername: host }),
      ALPNProtocols: ['h2', 'http/1.1'],
      rejectUnauthorized: false,
    },
    () => resolve(socket),
  );
  socket.once('error', (cause) => reject(new NoAnswer(codeOf(cause), { cause })));
  socket.setTimeout(connectMs, () => reject(new NoAnswer('timeout')));
  try {
    await promise;
    const certificate = socket.getPeerCertificate(true);
    // An Error by the types, a code at run time.
    const fault = socket.authorized ? undefined : String(socket.authorizationError);
    return { protocol: socket.alpnProtocol, fault, certificate };
  } finally {
    socket.destroy();
  }
}

async function judgeCertificate(origin: URL): Promise<Finding> {
  if (origin.protocol === 'http:') {
    return isLoopback(origin.origin) ? fine('http') : failure('plainHttp', { address: origin.origin });
  }
  const { fault, certificate } = await shake(origin);
  const host = nameOf(origin);
  if (fault !== undefined) return judgeFault(fault, host, certificate);
  const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / day);
  return days < soonDays ? warning('certificateSoon', { host, days: String(days) }) : fine(`${days} d`);
}

function judgeFault(fault: string, host: string, certificate: DetailedPeerCertificate): Finding {
  switch (fault) {
    case 'CERT_HAS_EXPIRED':
      return failure('certificateExpired', { host, date: dayOf(certificate.valid_to) });
    case 'CERT_NOT_YET_VALID':
      return failure('certificateEarly', { host, date: dayOf(certificate.valid_from) });
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return failure('certificateName', { host });
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return failure('certificateSelfSigned', { host });
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return failure('certificateChain', { host });
    default:
      return failure('certificateUntrusted', { host, reason: fault });
  }
}

function dayOf(moment: string): string {
  return new Date(moment).toISOString().slice(0, 10);
}
