// All that is kept of second factors, in one hand.
// The room: a store for each kind of factor, and what an operator is shown of them. Not what a factor is: auth/people/factors/.
import type { Database } from '../../database/database.ts';
import { OneTimeCodeStore } from './one-time-codes.ts';
import { PasskeyStore } from './passkeys.ts';
import { RecoveryCodeStore } from './recovery-codes.ts';
import { SignInStepStore } from './sign-in-steps.ts';
import { UpstreamLinkStore } from './upstream-links.ts';

export interface FactorStores {
  readonly oneTimeCodes: OneTimeCodeStore;
  readonly passkeys: PasskeyStore;
  readonly recoveryCodes: RecoveryCodeStore;
  readonly signInSteps: SignInStepStore;
  readonly upstreamLinks: UpstreamLinkStore;
}

export function createFactorStores(database: Database): FactorStores {
  return {
    oneTimeCodes: new OneTimeCodeStore(database),
    passkeys: new PasskeyStore(database),
    recoveryCodes: new RecoveryCodeStore(database),
    signInSteps: new SignInStepStore(database),
    upstreamLinks: new UpstreamLinkStore(database),
  };
}
