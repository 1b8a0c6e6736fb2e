// The identity provider beside us, as pages and routes of people know it.
import { hasPassword } from '../passwords.ts';
import { type Attempts, createAttempts } from './attempts.ts';
import { createUpstreamClient, type UpstreamClient } from './client.ts';
import type { UpstreamSettings } from './settings.ts';

export interface Upstream {
  readonly settings: UpstreamSettings;
  /** Nobody signs in with a password or passkey of ours. */
  readonly isOnlyWay: boolean;
  readonly client: UpstreamClient;
  readonly attempts: Attempts;
}

export interface UpstreamOptions {
  readonly upstream: UpstreamSettings | undefined;
  readonly isLocalSignInOn: boolean;
  /** Ours. */
  readonly issuer: string;
}

/** Below the issuer's path; the address is entered at the provider. */
export const callbackPath = '/signin/upstream/callback';

/** Undefined where there is none. `cookieKeys` as they sign cookies, the newest first. */
export function createUpstream(
  { upstream: settings, isLocalSignInOn, issuer }: UpstreamOptions,
  cookieKeys: readonly string[],
): Upstream | undefined {
  return (
    settings && {
      settings,
      isOnlyWay: !isLocalSignInOn,
      client: createUpstreamClient(settings, `${issuer}${callbackPath}`),
      attempts: createAttempts(cookieKeys, issuer),
    }
  );
}

/** Whether an account can be opened without its link. */
export function mayUnlink(
  upstream: Upstream | undefined,
  account: { readonly passwordHash: string },
): boolean {
  return hasPassword(account) && !upstream?.isOnlyWay;
}
