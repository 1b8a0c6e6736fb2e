// HTTP Basic as clients really send it: id and secret form-encoded (RFC 6749 section 2.3.1), or just as they are.
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Middleware } from 'koa';

interface Pair {
  readonly id: string;
  readonly secret: string;
}

/**
 * Stands for the empty secret of a client that has none: libraries send `client_id:` where RFC 6749 section 2.3.1 has a
 * pair, and oidc-provider refuses an empty half. Nobody can know it, so it opens no client that has a secret.
 */
export const noSecret = randomBytes(32).toString('base64url');

/** Where clients prove who they are; elsewhere the header is a token's. */
const provingPaths = /^\/(?:token(?:\/\w+)?|device\/auth)$/;

/**
 * Encodes a pair that can't have been encoded, or has no secret: the library would refuse both as malformed. Clients that a
 * person gave a header for the resource (a bearer token, a key) send it with every request: it is no proof of a client, and
 * the library would refuse the request for it.
 */
export const encodeRawBasic: Middleware = (ctx, next) => {
  if (provingPaths.test(ctx.path) && !/^basic/i.test(ctx.headers.authorization ?? 'basic'))
    delete ctx.headers.authorization;
  const pair = readBasic(ctx.headers.authorization);
  if (pair?.secret === '')
    setBasic(ctx.headers, isEncoded(pair.id) ? pair.id : encodeURIComponent(pair.id), noSecret);
  else if (pair && !(isEncoded(pair.id) && isEncoded(pair.secret)))
    setBasic(ctx.headers, encodeURIComponent(pair.id), encodeURIComponent(pair.secret));
  return next();
};

function setBasic(headers: IncomingHttpHeaders, id: string, secret: string): void {
  headers.authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

export function presentsNoSecret(authorization: string | undefined): boolean {
  return readBasic(authorization)?.secret === noSecret;
}

/** The secret before any decoding: of a client that does not encode, a plus sign or %41 in it is meant as it is. */
export function rawBasicSecret(authorization: string | undefined): string | undefined {
  return readBasic(authorization)?.secret;
}

/** A pair that `encodeRawBasic` has seen to; undefined where there is none, or one that can't be read. */
export function readEncodedBasic(authorization: string | undefined): Pair | undefined {
  const pair = readBasic(authorization);
  if (!pair) return undefined;
  try {
    const decode = (half: string): string => decodeURIComponent(half.replaceAll('+', ' '));
    return { id: decode(pair.id), secret: decode(pair.secret) };
  } catch {
    return undefined;
  }
}

function readBasic(authorization: string | undefined): Pair | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  // A client whose id is the address of its document has no secret; where the id is not encoded, its colons are not the one.
  const pattern = text.startsWith('https://') ? /^(.*):(.*)$/s : /^([^:]*):(.*)$/s;
  const [, id, secret] = pattern.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

function isEncoded(text: string): boolean {
  return !/%(?![0-9a-f]{2})|:\/\//i.test(text);
}
