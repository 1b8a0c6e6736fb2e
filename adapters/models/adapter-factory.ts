// The adapter factory that oidc-provider asks for each of its models by name.
// The room: how each of oidc-provider's models is stored, rotated and revoked. Not what our own code asks for: stores/.
import type { Adapter } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { AccessTokenAdapter } from './access-token.ts';
import { AuthorizationCodeAdapter } from './authorization-code.ts';
import { ClientAdapter } from './client.ts';
import { DeviceCodeAdapter } from './device-code.ts';
import { GrantAdapter } from './grant.ts';
import { ModelAdapter } from './model.ts';
import { NoneAdapter } from './none.ts';
import { RefreshTokenAdapter, type RefreshTokenRules } from './refresh-token.ts';
import { ReplayDetectionAdapter } from './replay-detection.ts';
import { isModelName } from './tables.ts';

/** Throws TypeError for a model of a feature that loop-auth keeps off (CIBA, pushed requests). */
export function createAdapterFactory(
  database: Database,
  rules: RefreshTokenRules,
): (name: string) => Adapter {
  const own: Readonly<Record<string, () => Adapter>> = {
    Client: () => new ClientAdapter(database),
    Grant: () => new GrantAdapter(database, rules.revoked),
    AuthorizationCode: () => new AuthorizationCodeAdapter(database, rules.revoked),
    DeviceCode: () => new DeviceCodeAdapter(database, rules.revoked),
    AccessToken: () => new AccessTokenAdapter(database, rules.revoked),
    RefreshToken: () => new RefreshTokenAdapter(database, rules),
    ClientCredentials: () => new NoneAdapter(),
    ReplayDetection: () => new ReplayDetectionAdapter(database, rules.replayed ?? rules.revoked),
  };
  return (name) => {
    const create = own[name];
    if (create) return create();
    if (isModelName(name)) return new ModelAdapter(database, name, rules.revoked);
    throw new TypeError(`loop-auth keeps no ${name}`);
  };
}
