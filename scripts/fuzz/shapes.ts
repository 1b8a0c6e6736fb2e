// The plain parts that every request is made of.
import { oddTexts } from './odd.ts';
import type { Random } from './random.ts';

export interface FuzzRequest {
  readonly service: 'auth' | 'api';
  readonly method: string;
  /** Path and query, ASCII only. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer | undefined;
}

/** What is real in them. */
export interface World {
  readonly issuer: string;
  readonly resource: string;
  readonly clientId: string;
  /** A client that is let in by a device code. */
  readonly terminalId: string;
  readonly redirectUri: string;
  readonly apiSecret: string;
  accessToken: string;
  readonly noteId: string;
}

export function query(fields: Record<string, string>, random: Random): string {
  return Object.entries(fields)
    .filter(() => !random.once(12))
    .map(
      ([name, value]) =>
        `${encodeURIComponent(name)}=${encodeURIComponent((random.once(12) ? random.pick(oddTexts) : value).toWellFormed())}`,
    )
    .join('&');
}

export function plain(
  service: 'auth' | 'api',
  method: string,
  path: string,
  headers: Record<string, string> = {},
): FuzzRequest {
  return { service, method, path, headers, body: undefined };
}

export function formRequest(
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): FuzzRequest {
  const body = new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, value.toWellFormed()]),
  ).toString();
  return {
    service: 'auth',
    method: 'POST',
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  };
}

export function jsonRequest(
  service: 'auth' | 'api',
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): FuzzRequest {
  return {
    service,
    method: 'POST',
    path,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify(body) ?? '',
  };
}

export function bearer(world: World): Record<string, string> {
  return { authorization: `Bearer ${world.accessToken}` };
}

export function basic(id: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}
