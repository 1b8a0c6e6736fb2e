// The ledger of sign-ins: why an app that was connected before is at the sign-in again (adapters/stores/timeline/ledger.ts).
import { epochSeconds } from '../../adapters/database/time.ts';
import { currentUnit } from '../../adapters/database/unit-of-work.ts';
import type {
  Earlier,
  LedgerStore,
  ReauthorizationCause,
  SignIn,
} from '../../adapters/stores/timeline/ledger.ts';
import { documentHost } from '../clients/document.ts';
import { redirectHost } from '../clients/metadata.ts';

export interface LedgerKeeper {
  /** In the unit of the request that makes the connection: kept with it, or not at all. */
  readonly enter: (signIn: SignIn) => Promise<void>;
}

export interface LedgerParts {
  readonly ledger: Pick<LedgerStore, 'findEarlier' | 'add'>;
  /** How long a connection lasts that nobody uses. */
  readonly idleSeconds: number;
  readonly count: (cause: ReauthorizationCause) => void;
}

export function createLedgerKeeper({ ledger, idleSeconds, count }: LedgerParts): LedgerKeeper {
  return {
    enter: async (signIn) => {
      const earlier = await ledger.findEarlier(signIn.accountId, signIn.app);
      const cause = earlier && whyAgain(earlier, signIn, { now: epochSeconds(), idleSeconds });
      await ledger.add(signIn, cause);
      if (cause === undefined) return;
      const unit = currentUnit();
      if (unit) unit.afterCommit(() => count(cause), false);
      else count(cause);
    },
  };
}

/** What stays the same of an app where it registers itself anew. */
export function appOf(client: {
  readonly clientId: string;
  readonly clientName?: string | undefined;
  readonly redirectUris?: readonly string[] | undefined;
}): string {
  const { clientId, clientName, redirectUris } = client;
  if (documentHost(clientId) !== undefined) return clientId;
  const [redirectUri] = redirectUris ?? [];
  // In a terminal (RFC 8628).
  if (redirectUri === undefined) return clientName ?? clientId;
  // On the person's own machine each start may have another port (RFC 8252 section 7.3).
  const host = redirectHost(redirectUri).replace(/^(localhost|127\.0\.0\.1|\[::1\]):\d+$/, '$1');
  return `${clientName ?? clientId} ${host}`;
}

/** Undefined where it is another copy of the app, elsewhere, whose own connection goes on. */
export function whyAgain(
  earlier: Earlier,
  signIn: SignIn,
  { now, idleSeconds }: { readonly now: number; readonly idleSeconds: number },
): ReauthorizationCause | undefined {
  if (earlier.endedBy === 'replay') return 'replay';
  if (earlier.lastIssuedAt !== undefined) return whyWhileLive(earlier, earlier.lastIssuedAt, signIn);
  if (now - earlier.lastSeenAt >= idleSeconds) return 'idle';
  return earlier.isGranted ? 'unknown' : 'revoked';
}

function whyWhileLive(
  earlier: Earlier,
  lastIssuedAt: number,
  signIn: SignIn,
): ReauthorizationCause | undefined {
  const isOtherCopy = earlier.clientId !== signIn.clientId && earlier.network !== signIn.network;
  if (isOtherCopy) return undefined;
  // What was issued after the backup is not known any more, and nothing was issued since.
  if (earlier.restoredFrom !== undefined && earlier.restoredFrom >= lastIssuedAt) return 'restored';
  const isMore = signIn.scopes.some((scope) => !earlier.scopes.includes(scope));
  return isMore ? 'more' : 'forgotten';
}
