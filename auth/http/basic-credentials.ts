// HTTP Basic as clients really send it: id and secret form-encoded (RFC 6749 section 2.3.1), or just as they are.
import type { Middleware } from 'koa';

interface Pair {
  readonly id: string;
  readonly secret: string;
}

/** Encodes a pair that can't have been encoded, which the library would refuse as malformed. */
export const encodeRawBasic: Middleware = (ctx, next) => {
  const pair = readBasic(ctx.headers.authorization);
  if (pair && !(isEncoded(pair.id) && isEncoded(pair.secret))) {
    const encoded = `${encodeURIComponent(pair.id)}:${encodeURIComponent(pair.secret)}`;
    ctx.headers.authorization = `Basic ${Buffer.from(encoded).toString('base64')}`;
  }
  return next();
};

/** The secret before any decoding: of a client that does not encode, a plus sign or %41 in it is meant as it is. */
export function rawBasicSecret(authorization: string | undefined): string | undefined {
  return readBasic(authorization)?.secret;
}

function readBasic(authorization: string | undefined): Pair | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

function isEncoded(text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text);
}
