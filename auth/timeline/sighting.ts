// One thing that was seen of an app on its way, and how a try to connect is put together of such (pure; no database).
import { randomUUID } from 'node:crypto';
import { type Step, type StepName, stepNames, type Try } from '../../adapters/stores/timeline/tries.ts';
import type { CauseName } from '../../pages/words.ts';

export interface Sighting {
  readonly step: StepName;
  /** Epoch seconds. */
  readonly at: number;
  readonly network: string;
  /** Where it failed. */
  readonly cause?: CauseName | undefined;
  /** Of a client that there is, never what was typed. */
  readonly clientId?: string | undefined;
  readonly accountId?: string | undefined;
  readonly grantId?: string | undefined;
  /** A hash of what one authorization request is known by. */
  readonly request?: string | undefined;
  /** The id of the request, where it was refused. */
  readonly code?: string | undefined;
  /** How often; once unless said otherwise. */
  readonly count?: number | undefined;
}

const orderOf = (step: StepName): number => stepNames.indexOf(step);

/** Whether what was seen can be a part of that try, which was found by the app alone or by its address alone. */
export function belongsTo(known: Try, seen: Sighting): boolean {
  const differs = (name: 'clientId' | 'grantId' | 'request' | 'accountId'): boolean =>
    known[name] !== undefined && seen[name] !== undefined && known[name] !== seen[name];
  if (differs('clientId') || differs('grantId') || differs('request') || differs('accountId')) return false;
  // Who describes itself or asks again, after all was done, begins anew. What loop-api tells comes some seconds later.
  const { allowed } = known.steps;
  return !(orderOf(seen.step) <= orderOf('codeShown') && allowed?.result === 'done' && seen.at > allowed.at);
}

/** The try with what was seen; a new one where `known` is undefined. */
export function addTo(known: Try | undefined, seen: Sighting, isGuess: boolean): Try {
  if (known && isOvercome(known, seen)) return known;
  const begun = known ?? begin(seen);
  const step: Step = {
    at: seen.at,
    network: seen.network,
    result: seen.cause === undefined ? 'done' : 'failed',
    count: countOf(begun.steps[seen.step]) + (seen.count ?? 1),
  };
  const unlessKnown = (name: 'clientId' | 'accountId' | 'grantId' | 'request'): string | undefined =>
    begun[name] ?? seen[name];
  return {
    ...begun,
    startedAt: Math.min(begun.startedAt, seen.at),
    updatedAt: Math.max(begun.updatedAt, seen.at),
    clientId: unlessKnown('clientId'),
    accountId: unlessKnown('accountId'),
    grantId: unlessKnown('grantId'),
    request: unlessKnown('request'),
    cause: causeOf(begun, seen) ?? (isPast(begun, seen.step) ? undefined : begun.cause),
    code: seen.code ?? begun.code,
    isGuessed: begun.isGuessed || (known !== undefined && isGuess),
    steps: { ...begun.steps, [seen.step]: step },
  };
}

/** A resource server is told of no token that is not its own what is wrong with it; here it was seen already. */
function causeOf({ cause }: Try, seen: Sighting): CauseName | undefined {
  return seen.cause === 'tokenRefused' && cause === 'tokenMisdirected' ? cause : seen.cause;
}

/** That a token was asked about is told once more by who asked, with whose network it was. */
function countOf(step: Step | undefined): number {
  return step === undefined || step.network === 'none' ? 0 : step.count;
}

/**
 * Whether what failed came right before it was told here: a resource server tells of it some seconds later, and by its rounding
 * a second early at times, before the question about the very token of that call.
 */
function isOvercome({ steps }: Try, { step, cause, at }: Sighting): boolean {
  if (step !== 'called' || cause === undefined) return false;
  const { called, refreshed } = steps;
  if (called?.result === 'done' && called.at > at + 1) return true;
  return refreshed?.result === 'done' && refreshed.at >= at;
}

function begin(seen: Sighting): Try {
  return {
    id: randomUUID(),
    startedAt: seen.at,
    updatedAt: seen.at,
    network: seen.network,
    clientId: undefined,
    accountId: undefined,
    grantId: undefined,
    request: undefined,
    cause: undefined,
    code: undefined,
    isGuessed: false,
    steps: {},
  };
}

/** Whether a step that is done shows that what failed before it was overcome. */
function isPast({ steps }: Try, done: StepName): boolean {
  const failed = stepNames.filter((name) => steps[name]?.result === 'failed');
  return failed.every((name) => orderOf(name) <= orderOf(done));
}
