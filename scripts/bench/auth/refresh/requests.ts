// What the benchmarks ask loop-auth for: one refresh, one introspection. Each throws where it is refused.
import type { Pool } from 'undici';
import { apiSecret } from '../place.ts';
import type { Family } from './families.ts';

const password = encodeURIComponent(apiSecret).replaceAll('%20', '+');
const asApi = { Authorization: `Basic ${Buffer.from(`loop-api:${password}`).toString('base64')}` };

/** The family goes on with the token that it was given. */
export async function refresh(pool: Pool, family: Family): Promise<void> {
  const { clientId, refreshToken } = family;
  const body = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken };
  const answer = await post(pool, '/token', body, {});
  if (typeof answer['refresh_token'] !== 'string') throw new Error(`refused: ${JSON.stringify(answer)}`);
  family.refreshToken = answer['refresh_token'];
}

export async function introspect(pool: Pool, token: string): Promise<void> {
  const body = { token, token_type_hint: 'access_token' };
  const answer = await post(pool, '/token/introspection', body, asApi);
  if (answer['active'] !== true) throw new Error(`not active: ${JSON.stringify(answer)}`);
}

async function post(
  pool: Pool,
  path: string,
  parameters: Record<string, string>,
  own: Record<string, string>,
): Promise<Record<string, unknown>> {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', ...own };
  const body = new URLSearchParams(parameters).toString();
  const answer = await pool.request({ method: 'POST', path, headers, body });
  return (await answer.body.json()) as Record<string, unknown>;
}
