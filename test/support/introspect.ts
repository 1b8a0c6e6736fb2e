// Asks a pair's loop-auth about a token as loop-api would (RFC 7662).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pair } from '../../scripts/demo/pair.ts';

/** The credential that loop-auth made for loop-api. */
export async function readApiSecret(pair: Pair): Promise<string> {
  return (await readFile(join(pair.folder, 'api-client-secret'), 'utf8')).trim();
}

export async function introspect(pair: Pair, secret: string, token: string): Promise<{ active: boolean }> {
  const response = await fetch(`${pair.issuer}/token/introspection`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`loop-api:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
  });
  return (await response.json()) as { active: boolean };
}
