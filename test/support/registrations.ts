// Registrations as from other networks: by way of a proxy that is believed.
import type { Answer, LoopAuth } from './loop-auth.ts';

/** Options of startLoopAuth: what this machine says of where a request came from is believed. */
export const trusting = { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } };

export function registerFrom(world: LoopAuth, address: string, metadata: unknown): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': address };
  return world.ask('/reg', { method: 'POST', headers, body: JSON.stringify(metadata) });
}

/** Metadata that is taken. */
export const good = (host = 'app.example'): object => ({
  redirect_uris: [`https://${host}/cb`],
  token_endpoint_auth_method: 'none',
});
