// Keeps what was seen of apps and accounts in memory and writes it apart from every request: lost rather than in the way.
// The room: tries to connect, as requests tell of them, why they fail, and the ledger. Not what a person is shown of them: pages/.
import type { Logger } from 'pino';
import type { Database } from '../../adapters/database/database.ts';
import type { AccountEvent, AccountEventStore } from '../../adapters/stores/timeline/account-events.ts';
import type { LedgerStore, ReauthorizationCause } from '../../adapters/stores/timeline/ledger.ts';
import { type FoundBy, type Try, type TryStore, triesDays } from '../../adapters/stores/timeline/tries.ts';
import { addTo, belongsTo, type Sighting } from './sighting.ts';

export interface Recorder {
  readonly see: (sighting: Sighting) => void;
  readonly tell: (event: AccountEvent) => void;
  /** A connection came to an end in a way that its rows do not say. */
  readonly end: (grantId: string, by: ReauthorizationCause) => void;
  /** What was seen since the last time is stored now; happens every two seconds by itself. */
  readonly store: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface RecorderParts {
  readonly database: Database;
  readonly tries: TryStore;
  readonly events: AccountEventStore;
  readonly ledger: LedgerStore;
  readonly log: Logger;
}

const everyMs = 2000;
const mostKept = 500;
// Between two of so many, requests have their turn.
const stretch = 20;
const minute = 60;
const hour = 60 * minute;
const kept = triesDays * 24 * hour;
const sinceSeconds = { grantId: kept, request: 2 * hour, clientId: hour, network: 10 * minute };

interface Seen {
  readonly sightings: Sighting[];
  readonly events: AccountEvent[];
  readonly ended: Map<string, ReauthorizationCause>;
}

const nothing = (): Seen => ({ sightings: [], events: [], ended: new Map() });

export function createRecorder(parts: RecorderParts): Recorder {
  let seen = nothing();
  let isFailing = false;
  let storing = Promise.resolve();
  const storeSeen = async (): Promise<void> => {
    const taken = seen;
    seen = nothing();
    if (taken.sightings.length + taken.events.length + taken.ended.size === 0) return;
    try {
      await storeAll(parts, taken);
      isFailing = false;
    } catch (error) {
      if (!isFailing) parts.log.warn({ err: error }, 'tries to connect could not be stored and are lost');
      isFailing = true;
    }
  };
  const next = (): Promise<void> => {
    storing = storing.then(storeSeen);
    return storing;
  };
  const timer = setInterval(() => void next(), everyMs).unref();
  return {
    see: (sighting) => {
      if (seen.sightings.length < mostKept) seen.sightings.push(sighting);
    },
    tell: (event) => {
      if (seen.events.length < mostKept) seen.events.push(event);
    },
    end: (grantId, by) => {
      if (seen.ended.size < mostKept) seen.ended.set(grantId, by);
    },
    store: next,
    close: async () => {
      clearInterval(timer);
      await next();
    },
  };
}

/** Several loop-auth on one database wait for each other, so that none undoes what another has put together. */
async function storeAll(parts: RecorderParts, { sightings, events, ended }: Seen): Promise<void> {
  const lock = await parts.database.lock('timeline');
  try {
    const tries = await putTogether(parts.tries, sightings);
    if (tries.length > 0) await parts.tries.save(tries);
    if (events.length > 0) await parts.events.add(events);
    const lastSeen = lastSeenIn(sightings);
    if (lastSeen.size + ended.size > 0) await parts.ledger.note(lastSeen, ended);
  } finally {
    await lock.release();
  }
}

async function putTogether(tries: TryStore, sightings: readonly Sighting[]): Promise<Try[]> {
  const fresh = new Map<string, Try>();
  for (const [at, sighting] of sightings.entries()) {
    const { known, isGuess, as } = await findTry(tries, fresh, sighting);
    const added = addTo(known, { ...sighting, ...as }, isGuess);
    fresh.set(added.id, added);
    if (at % stretch === stretch - 1) await new Promise(setImmediate);
  }
  return [...fresh.values()];
}

function lastSeenIn(sightings: readonly Sighting[]): Map<string, number> {
  // A connection lasts from the last token that it could come back with.
  const issuing = ['tokenGiven', 'refreshed'];
  const seen = sightings.filter(({ cause, step }) => cause === undefined && issuing.includes(step));
  return new Map(seen.flatMap(({ grantId, at }) => (grantId === undefined ? [] : [[grantId, at]])));
}

interface Found {
  readonly known: Try | undefined;
  /** By address and time alone, or by app and time from another address. */
  readonly isGuess: boolean;
  /** What it is as a part of that try. */
  readonly as?: Pick<Sighting, 'step' | 'cause'>;
}

/** By what names a try for certain; else by app and time, else by address and time. */
async function findTry(tries: TryStore, fresh: ReadonlyMap<string, Try>, seen: Sighting): Promise<Found> {
  const certain =
    (await findBy(tries, fresh, 'grantId', seen)) ?? (await findBy(tries, fresh, 'request', seen));
  if (certain) return { known: certain, isGuess: false };
  const known = await findBy(tries, fresh, 'clientId', seen);
  if (known && belongsTo(known, seen)) {
    return {
      known,
      isGuess: seen.step !== 'called' && (known.network !== seen.network || seen.step === 'refreshed'),
    };
  }
  const near = await findBy(tries, fresh, 'network', seen);
  if (near && isWithoutItsToken(near, seen))
    return { known: near, isGuess: true, as: { step: 'called', cause: 'tokenMisplaced' } };
  return { known: near && isOpenTo(near, seen) ? near : undefined, isGuess: true };
}

/** Who was given a token there, has not called with it yet, and calls without one: a proxy or the app drops it. */
function isWithoutItsToken({ steps }: Try, seen: Sighting): boolean {
  const { asked, tokenGiven, called } = steps;
  if (seen.step !== 'knocked' || tokenGiven?.result !== 'done' || called?.result === 'done') return false;
  // It calls at once, and what is told of later is a second early at times.
  return seen.at >= tokenGiven.at - 1 && seen.at > (asked?.at ?? 0);
}

/** What has a name goes to what has none yet; what has none to whatever was under way there then. */
function isOpenTo(near: Try, seen: Sighting): boolean {
  if (seen.clientId !== undefined && near.clientId !== undefined) return false;
  // Whose token was refused is known to nobody any more: who was last given one there.
  if (seen.cause === 'tokenRefused' || seen.cause === 'tokenMisplaced') return belongsTo(near, seen);
  const { tokenGiven } = near.steps;
  // loop-api tells some seconds later: a call without a token may be what all of it began with.
  return belongsTo(near, seen) && (tokenGiven === undefined || seen.at <= tokenGiven.at);
}

async function findBy(
  tries: TryStore,
  fresh: ReadonlyMap<string, Try>,
  by: FoundBy,
  seen: Sighting,
): Promise<Try | undefined> {
  const value = seen[by];
  if (value === undefined) return undefined;
  // An app comes with what it was given long after that.
  const isLater = by === 'clientId' && ['called', 'refreshed'].includes(seen.step);
  const since = seen.at - (isLater ? kept : sinceSeconds[by]);
  const { accountId } = seen;
  const isOwn = (one: Try): boolean =>
    by !== 'clientId' || accountId === undefined || (one.accountId ?? accountId) === accountId;
  const inHand = [...fresh.values()].filter(
    (one) => one[by] === value && one.updatedAt >= since && isOwn(one),
  );
  if (inHand.length > 0) return inHand.reduce((last, one) => (one.updatedAt >= last.updatedAt ? one : last));
  const stored = await tries.findLast(by, value, { since, accountId });
  return stored && (fresh.get(stored.id) ?? stored);
}
