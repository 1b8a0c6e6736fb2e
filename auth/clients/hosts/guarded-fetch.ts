// The one way loop-auth reads a URL that a stranger chose: https to public addresses, one answer, short and small.
// The room: reading what strangers publish, with care for us and for others. Not what is made of it: documents.ts, key-sets.ts.
import type { LookupAddress } from 'node:dns';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { createFetchSlots } from './fetch-slots.ts';
import { isPublicAddress } from './public-address.ts';
import { createResolver, type Resolve } from './resolver.ts';

export interface FetchedJson {
  readonly body: unknown;
  /** What the answer's cache headers allow; undefined where they say nothing. */
  readonly maxAgeSeconds: number | undefined;
}

/** Resolves to a 200 answer's JSON. Throws FetchFailed for everything else. */
export type FetchJson = (url: string, maxBytes: number) => Promise<FetchedJson>;

/** The host was not reached, not allowed to be, or gave no JSON in time; `message` is for our own log only. */
export class FetchFailed extends Error {
  override readonly name: string = 'FetchFailed';
}

/** Others are being read, and nothing was asked of this host: ours, and over in seconds. */
export class FetchBusy extends FetchFailed {
  override readonly name = 'FetchBusy';
}

/** What a test replaces: where names lead, which addresses are allowed, and who connects. */
export interface Network {
  readonly resolve: Resolve;
  readonly isAllowed: (address: string) => boolean;
  readonly request: (
    url: URL,
    options: RequestOptions,
    onResponse: (response: IncomingMessage) => void,
  ) => ClientRequest;
}

const timeoutMs = 2500;

const publicInternet: Network = {
  resolve: createResolver(),
  isAllowed: isPublicAddress,
  request: requestHttps,
};

export function createGuardedFetch(network: Network = publicInternet): FetchJson {
  const slots = createFetchSlots();
  return async (address, maxBytes) => {
    const url = parseUrl(address);
    const leave = slots.take(url.host);
    if (!leave) throw new FetchBusy('too much is being read at this moment');
    try {
      return await readJson(await connect(network, url), maxBytes);
    } catch (cause) {
      throw cause instanceof FetchFailed
        ? cause
        : new FetchFailed(`no usable answer from ${url.host}`, { cause });
    } finally {
      leave();
    }
  };
}

function parseUrl(address: string): URL {
  const url = URL.parse(address);
  // Of an address in the URL itself nobody would ask the lookup below.
  if (url?.protocol !== 'https:' || isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) {
    throw new FetchFailed('not an https URL with a host name');
  }
  return url;
}

function connect(network: Network, url: URL): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  // It counts from name to last byte.
  const signal = AbortSignal.timeout(timeoutMs);
  const options: RequestOptions = {
    headers: { Accept: 'application/json', 'Accept-Encoding': 'identity', 'User-Agent': 'loop-auth' },
    lookup: guardedLookup(network, signal),
    signal,
    // A connection kept for later could lead where the name no longer does.
    agent: false,
  };
  network.request(url, options, resolve).on('error', reject).end();
  return promise;
}

/** The socket gets only the addresses that were checked, so that a name can't answer differently the second time. */
function guardedLookup({ resolve, isAllowed }: Network, signal: AbortSignal): LookupFunction {
  return (hostname, { all }, done) => {
    const pass = (addresses: LookupAddress[]): void => {
      const fault = faultOf(hostname, addresses, isAllowed);
      if (fault) done(fault, '', 0);
      else if (all) done(null, addresses);
      else done(null, String(addresses[0]?.address), addresses[0]?.family);
    };
    resolve(hostname, signal).then(pass, (error: NodeJS.ErrnoException) => done(error, '', 0));
  };
}

// One inner address among public ones is a trap, not a choice.
function faultOf(
  hostname: string,
  addresses: readonly LookupAddress[],
  isAllowed: Network['isAllowed'],
): Error | undefined {
  if (addresses.length > 0 && addresses.every(({ address }) => isAllowed(address))) return undefined;
  return new FetchFailed(`${hostname} leads to no address, or to one that is not public`);
}

async function readJson(response: IncomingMessage, maxBytes: number): Promise<FetchedJson> {
  try {
    if (response.statusCode !== 200) throw new FetchFailed(`the answer was ${response.statusCode}`);
    const chunks: Buffer[] = [];
    let received = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > maxBytes) throw new FetchFailed(`the answer is longer than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    return { body: JSON.parse(Buffer.concat(chunks).toString('utf8')), maxAgeSeconds: maxAgeOf(response) };
  } finally {
    response.destroy();
  }
}

/** RFC 9111 sections 5.2.2 and 5.3. */
function maxAgeOf({ headers }: IncomingMessage): number | undefined {
  const control = headers['cache-control'] ?? '';
  if (/(^|[\s,])no-(store|cache)\b/i.test(control)) return 0;
  const maxAge = /(?:^|[\s,])max-age\s*=\s*"?(\d+)/i.exec(control)?.[1];
  if (maxAge !== undefined) return Number(maxAge);
  const expires = Date.parse(headers.expires ?? '');
  return Number.isNaN(expires) ? undefined : Math.max(0, Math.floor((expires - Date.now()) / 1000));
}
