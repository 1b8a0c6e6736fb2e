// oidc-provider's Adapter for authorization codes: a code that its own client redeems twice in a row costs it nothing.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { epochSeconds } from '../database/time.ts';
import { currentUnit } from '../database/unit-of-work.ts';
import { ModelAdapter } from './model.ts';

// Long enough for a callback that runs twice and for an answer that got lost. The OpenID Foundation's suite comes back
// after 30 seconds and wants the grant gone then.
const graceSeconds = 30;

/**
 * The library ends a grant as soon as its code is redeemed again, once client, address and verifier have been found right
 * (RFC 6749 section 4.1.2: it must refuse, it should revoke). Within the grace this adapter hides that the code was used
 * until the library uses it up: then the request fails, and nothing else happens (docs/decisions/code-reuse.md).
 */
export class AuthorizationCodeAdapter extends ModelAdapter {
  readonly #alreadyUsed: () => Error;

  constructor(database: Database, alreadyUsed: () => Error) {
    super(database, 'AuthorizationCode', alreadyUsed);
    this.#alreadyUsed = alreadyUsed;
  }

  override async find(code: string): Promise<AdapterPayload | undefined> {
    const payload = await super.find(code);
    const unit = currentUnit();
    if (!unit?.isTokenRequest || typeof payload?.consumed !== 'number') return payload;
    if (epochSeconds() - payload.consumed >= graceSeconds) return payload;
    unit.note(`AuthorizationCode ${code} used a moment ago`);
    const { consumed: _, ...unused } = payload;
    return unused;
  }

  override async consume(code: string): Promise<void> {
    if (currentUnit()?.noted(`AuthorizationCode ${code} used a moment ago`)) throw this.#alreadyUsed();
    await super.consume(code);
  }
}
