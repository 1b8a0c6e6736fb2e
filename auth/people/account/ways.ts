// The ways in that the sign-in page offers beside the password, and whether that is one.
import type { Account } from '../../../adapters/stores/accounts.ts';
import type { SignInData } from '../../pages/sign-in.ts';
import type { FactorParts } from '../factors/code-check.ts';
import { offerPasskey } from '../factors/passkeys/sign-in.ts';
import type { FormRefused } from '../password-check.ts';
import { hasPassword } from '../passwords.ts';

type WayParts = Pick<FactorParts, 'passkeys' | 'issuer' | 'challenges' | 'upstream' | 'upstreamLinks'>;

interface Offer {
  readonly bound: () => string;
  readonly failed?: FormRefused | undefined;
  /** Who is signed in and asked once more. */
  readonly account?: Account | undefined;
}

export async function offerWays(
  parts: WayParts,
  { bound, failed, account }: Offer,
): Promise<Pick<SignInData, 'passkeyOptions' | 'provider' | 'isPasswordless'>> {
  const { upstream } = parts;
  if (!upstream) return { passkeyOptions: await offerPasskey(parts, bound) };
  const isLinked =
    account === undefined || (await parts.upstreamLinks.findOfAccount(account.id)) !== undefined;
  const isAnew = account !== undefined || isSamePersonRefused(failed);
  return {
    passkeyOptions: upstream.isOnlyWay ? undefined : await offerPasskey(parts, bound),
    provider: isLinked ? { name: upstream.settings.name, isAnew } : undefined,
    isPasswordless: account ? !hasPassword(account) : upstream.isOnlyWay,
  };
}

const ofPerson = ['upstreamNotAllowed', 'upstreamClosed', 'upstreamNotAnew'];

/** The provider would say the same person again. */
function isSamePersonRefused(failed: FormRefused | undefined): boolean {
  return ofPerson.includes(failed?.fault.code ?? '');
}
