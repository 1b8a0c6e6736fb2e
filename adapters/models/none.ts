// oidc-provider's Adapter for a model of which there is none, though the library looks for one.
import type { Adapter } from 'oidc-provider';

/**
 * Where there are client credentials, the library looks for tokens of a kind of their own. A program's are access tokens of
 * its account (auth/vault/program-tokens.ts).
 */
export class NoneAdapter implements Adapter {
  async upsert(): Promise<void> {
    throw new TypeError('loop-auth keeps none of these');
  }

  async find(): Promise<undefined> {}

  async findByUid(): Promise<undefined> {}

  async findByUserCode(): Promise<undefined> {}

  async consume(): Promise<void> {}

  async destroy(): Promise<void> {}

  async revokeByGrantId(): Promise<void> {}
}
