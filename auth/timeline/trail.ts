// What the trail tells of apps and accounts, as parts of tries and as what happened to an account.
import { epochSeconds } from '../../adapters/database/time.ts';
import { networkOf } from '../http/limits/network.ts';
import type { Told } from '../http/trail.ts';
import type { Asking } from './observe.ts';
import type { Recorder } from './recorder.ts';
import type { Sighting } from './sighting.ts';

type Part = Pick<Sighting, 'step' | 'cause'>;

const parts: Readonly<Record<string, Part>> = {
  'sign_in.succeeded': { step: 'signedIn' },
  'sign_in.failed': { step: 'signedIn', cause: 'wrongPassword' },
  'sign_in.locked_out': { step: 'signedIn', cause: 'lockedOut' },
  'consent.allowed': { step: 'allowed' },
  'consent.denied': { step: 'allowed', cause: 'denied' },
  'connection.revoked': { step: 'refreshed', cause: 'revoked' },
  'refresh_token.replayed': { step: 'refreshed', cause: 'refreshReplayed' },
};

// Whose account it is only a right password shows.
const ofStrangers = ['sign_in.failed', 'sign_in.locked_out'];
const refusals = [...ofStrangers, 'refresh_token.replayed'];
const ofNoAccount = /^(token|authorization|registration|request)\.refused$|^client\./;

/** Called with what is true: after the commit of the request that it is about, where there is one. */
export function hearTrail(recorder: Recorder): (told: Told) => void {
  return (told) => {
    const { event, facts } = told;
    const part = partOf(told);
    if (part && facts.clientId !== undefined) recorder.see(sightingOf(told, part));
    if (event === 'refresh_token.replayed' && facts.grantId !== undefined)
      recorder.end(facts.grantId, 'replay');
    if (facts.accountId === undefined || ofNoAccount.test(event)) return;
    const { accountId, clientId, reason } = facts;
    recorder.tell({
      accountId,
      event,
      reason,
      clientId,
      isRefusal: refusals.includes(event),
      ...whenAndWhere(told),
    });
  };
}

function partOf({ event, facts }: Told): Part | undefined {
  // Beside the password, which was right or not asked for: it is among the events.
  const isBeside = ['code', 'passkey', 'upstream', 'local'].includes(facts.reason ?? '');
  if (event === 'sign_in.failed' && isBeside) return undefined;
  const isClosed = event === 'sign_in.failed' && facts.reason === 'disabled';
  return isClosed ? { step: 'signedIn', cause: 'accountDisabled' } : parts[event];
}

function sightingOf(told: Told, part: Part): Sighting {
  const { event, facts, state = {} } = told;
  const { clientId, grantId, accountId } = facts;
  const { request } = (state['asking'] ?? {}) as Partial<Asking>;
  const { requestId } = state as { requestId?: string };
  const code = part.cause === undefined ? undefined : requestId;
  const owner = ofStrangers.includes(event) ? undefined : accountId;
  return { ...part, clientId, grantId, request, code, accountId: owner, ...whenAndWhere(told) };
}

function whenAndWhere({ state = {} }: Told): { at: number; network: string } {
  return { at: epochSeconds(), network: networkOf(state['address']) };
}
