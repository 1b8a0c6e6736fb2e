// Access tokens of grants from which writing was withheld say so by how they begin.
import Provider from 'oidc-provider';
import { type Grant, type VaultDetail, vaultDetail } from './access.ts';

/**
 * A sign that no token has by chance. loop-api tells by it what to name in the challenge to such a token once it is over
 * and nobody knows its scopes any more (api/tokens/bearer.ts): a client that is told there of a scope that it was not
 * given asks the person for it at the next refusal (MCP SDK 2.4). It opens nothing.
 */
const readerMark = 'ro~';

/** How a token begins that gives that. */
export function markOf(detail: VaultDetail | undefined): string {
  return detail?.withheld ? readerMark : '';
}

/** The library asks this undocumented method for a new token's value; test/auth/vault/reader-tokens.test.ts guards that it still does. */
export function markReaders(provider: Provider): void {
  const prototype = provider.AccessToken.prototype as unknown as {
    generateTokenId: (this: { aud?: unknown }) => string;
  };
  const random = prototype.generateTokenId;
  prototype.generateTokenId = function generateTokenId() {
    const grant = Provider.ctx?.oidc?.entities.Grant;
    return `${markOf(grant && vaultDetail(grant as Grant, String(this.aud)))}${random.call(this)}`;
  };
}
