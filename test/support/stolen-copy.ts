// What a thief makes of a copy of the database and of nothing else: its values hashed, signed, taken apart, put together.
import { createHmac, hash } from 'node:crypto';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { importJWK, type JWK, SignJWT } from 'jose';
import type { Test } from 'tap';
import { backUp } from '../../adapters/backups/copy.ts';
import { createFolder } from './databases.ts';

type Row = Readonly<Record<string, string | number | null>>;

export interface StolenCopy {
  /** Every value in it and every piece of one, as it is, as a hash, and keyed by each of the server's secrets. */
  readonly values: readonly string[];
  /** Values of one row and the time, put together as a home-made credential would be. */
  readonly compositions: readonly string[];
  /** A Cookie header with the value under each name, signed as the server signs. */
  readonly cookies: (names: Iterable<string>, value: string) => string;
  /** JSON Web Tokens that say what the rows say, signed by each key in the copy. */
  readonly jwts: (issuer: string) => Promise<string[]>;
}

/** Copies the database as `npm run backup` does, while it is in use. */
export function stealCopy(t: Test, databasePath: string): StolenCopy {
  const path = join(createFolder(t), 'stolen.db');
  backUp(databasePath, path, Math.floor(Date.now() / 1000));
  const tables = readTables(path);
  const rows = [...tables.values()].flat();
  const secrets = (tables.get('server_keys') ?? []).map(({ purpose, secret }) => ({
    purpose,
    secret: String(secret),
  }));
  const cookieKeys = secrets.filter(({ purpose }) => purpose === 'cookie').map(({ secret }) => secret);
  const signingKeys = secrets.filter(({ purpose }) => purpose === 'signing').map(({ secret }) => secret);
  const signCookie = (pair: string): string =>
    createHmac('sha256', String(cookieKeys[0])).update(pair).digest('base64url');
  const pieces = [...new Set(rows.flatMap((row) => Object.values(row).flatMap(piecesOf)))];
  return {
    values: [...new Set(pieces.flatMap((piece) => [piece, ...derived(piece, cookieKeys)]))],
    compositions: [...new Set([...tables.values()].flatMap((all) => all.slice(-1)).flatMap(compose))],
    cookies: (names, value) =>
      [...names]
        .map((name) => [name, encodeURIComponent(value)].join('='))
        .flatMap((pair) => [pair, pair.replace('=', '.sig=').replace(/=.*/s, `=${signCookie(pair)}`)])
        .join('; '),
    jwts: async (issuer) => {
      const claims = rows.filter(({ payload }) => payload).map((row) => claimsOf(row, issuer));
      const signed = await Promise.all(claims.map((one) => signByEach(one, signingKeys, cookieKeys)));
      return signed.flat();
    },
  };
}

function readTables(path: string): Map<string, Row[]> {
  const copy = new Sqlite(path, { readonly: true });
  const names = copy
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'knex_%'",
    )
    .pluck()
    .all() as string[];
  const tables = new Map(names.map((name) => [name, copy.prepare(`SELECT * FROM ${name}`).all() as Row[]]));
  copy.close();
  return tables;
}

/** The value, the leaves of its JSON, and what stands between the separators of its own format. */
function piecesOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const text = String(value);
  if (/^[[{]/.test(text)) return [text, ...leavesOf(JSON.parse(text)).flatMap(piecesOf)];
  const parts = text.split(/[$:\s,=/?&]+/).filter((part) => part.length >= 16);
  return [text, ...parts];
}

function leavesOf(json: unknown): unknown[] {
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(leavesOf) : [json];
}

function derived(piece: string, keys: readonly string[]): string[] {
  return [
    hash('sha256', piece, 'base64url'),
    ...keys.map((key) => createHmac('sha256', key).update(piece).digest('base64url')),
  ];
}

/**
 * What a row says of an account beside its payload, with a time: of that a credential of our own would be made. Rows
 * about something else can't say whose it is.
 */
function compose(row: Row): string[] {
  if (!('account_id' in row || 'username' in row)) return [];
  const columns = Object.entries(row).filter(([name, value]) => name !== 'payload' && value !== null);
  const texts = columns.map(([, value]) => String(value));
  const hashes = texts.filter((text) => text.length >= 16).map((text) => hash('sha256', text, 'base64url'));
  const parts = [...new Set([...texts, ...hashes])];
  const times = [Date.now(), Math.floor(Date.now() / 1000)];
  const pairs = parts.flatMap((first) =>
    parts.filter((part) => part !== first).map((second) => [first, second]),
  );
  const orders = pairs.flatMap(([first, second]) => [
    [first, second],
    ...times.flatMap((time) => [
      [first, time, second],
      [first, second, time],
      [time, first, second],
    ]),
  ]);
  return [' ', '.', ':'].flatMap((separator) => orders.map((order) => order.join(separator)));
}

function claimsOf(row: Row, issuer: string): Record<string, unknown> {
  const payload = JSON.parse(String(row['payload'])) as Record<string, unknown>;
  const now = Math.floor(Date.now() / 1000);
  const clientId = payload['clientId'] ?? payload['client_id'];
  return {
    ...payload,
    jti: row['id'],
    iss: payload['client_id'] ?? issuer,
    sub: payload['accountId'] ?? clientId,
    aud: payload['aud'] ?? issuer,
    client_id: clientId,
    iat: now,
    exp: now + 300,
  };
}

async function signByEach(
  claims: Record<string, unknown>,
  signingKeys: readonly string[],
  cookieKeys: readonly string[],
): Promise<string[]> {
  const bare = [{ alg: 'none' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const byPrivateKeys = signingKeys.flatMap((text) => {
    const jwk = JSON.parse(text) as JWK;
    return ['JWT', 'at+jwt'].map(async (typ) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: String(jwk.alg), kid: String(jwk.kid), typ })
        .sign(await importJWK(jwk)),
    );
  });
  const bySecrets = cookieKeys.map((key) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(key, 'base64url')),
  );
  return [`${bare.join('.')}.`, ...(await Promise.all([...byPrivateKeys, ...bySecrets]))];
}
