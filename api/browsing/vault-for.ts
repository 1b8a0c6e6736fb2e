// Which vault a person's pages show: the one place that decides it.
import type { Principal } from '../tokens/verifier.ts';
import type { Vault } from '../vault/vault.ts';

/** What a token gives of the vault. To be asked for again for each page. */
export type VaultFor = (principal: Principal) => Promise<Vault>;
