// A soak: clients at work in a home in which one thing after the other goes wrong, and what came of it.
// The room: both services under what happens to a home. Not bent requests: fuzz; not containers: test/containers.
import { setTimeout as delay } from 'node:timers/promises';
import { authorizeInBrowser, createFirstAccount } from '../demo/sign-in.ts';
import { createRandom } from '../fuzz/random.ts';
import { residentMb } from '../operator/memory.ts';
import { CallingClient, type Count } from './calling-client.ts';
import { type Fault, faults } from './faults.ts';
import { Home, type Service, services } from './home.ts';
import { mixed } from './work.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly clients: number;
  /** The same seed: the same faults in the same order. */
  readonly seed: number;
  readonly onStep: (text: string) => void;
}

export interface SoakResult {
  readonly counts: readonly Count[];
  /** How often each thing went wrong. */
  readonly injected: ReadonlyMap<string, number>;
  /** MB resident, in the order of time. */
  readonly memory: Readonly<Record<Service, readonly number[]>>;
  /** What a person would have to know of; empty where the promise holds. */
  readonly broken: readonly string[];
}

const person = { username: 'soak', password: 'a password for the soak' };
/** Between two calls of one of the three loops of a client. */
const pauseMs = 150;
const sampleMs = 2_000;

/** Takes the minutes and some seconds; all it started is stopped when it resolves. */
export async function soak({ minutes, clients, seed, onStep }: SoakOptions): Promise<SoakResult> {
  const home = await Home.open();
  try {
    await createFirstAccount(home.pair.setupUrl(), person);
    const callers = await connectAll(home, clients);
    onStep(`${clients} clients are connected, each with one sign-in`);
    const over = new AbortController();
    const memory = { auth: [] as number[], api: [] as number[] };
    const load = Promise.all(callers.map((caller) => caller.callUntil(over.signal, pauseMs)));
    const sampling = sample(home, memory, over.signal);
    const injected = await injectUntil(home, performance.now() + minutes * 60_000, { seed, onStep });
    over.abort();
    await Promise.all([load, sampling]);
    // When all is well again, every client goes on with the tokens it has.
    await delay(2_000);
    const counts = callers.map((caller) => caller.takeCount());
    for (const caller of callers) await caller.refresh();
    const afterwards = callers.map((caller) => caller.takeCount());
    return { counts, injected, memory, broken: judge(home, counts, afterwards) };
  } finally {
    await home.close();
  }
}

async function connectAll(home: Home, clients: number): Promise<CallingClient[]> {
  const callers: CallingClient[] = [];
  for (let number = 1; number <= clients; number += 1) {
    const caller = new CallingClient(`Soak ${number}`, home.pair.resource, mixed);
    await caller.connect((url) => authorizeInBrowser(url, person));
    callers.push(caller);
  }
  return callers;
}

async function injectUntil(
  home: Home,
  end: number,
  { seed, onStep }: Pick<SoakOptions, 'seed' | 'onStep'>,
): Promise<Map<string, number>> {
  const injected = new Map<string, number>();
  const random = createRandom(seed);
  // Each once in every round, in an order that is new each time.
  for (let round: Fault[] = []; performance.now() < end; ) {
    if (round.length === 0) round = [...faults];
    const [fault] = round.splice(random.number(round.length), 1);
    if (fault === undefined) continue;
    onStep(fault.name);
    await fault.happen(home);
    injected.set(fault.name, (injected.get(fault.name) ?? 0) + 1);
    await delay(2_000 + random.number(3_000));
  }
  return injected;
}

async function sample(home: Home, memory: Record<Service, number[]>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const service of services) {
      const used = residentMb(home.pair.pid(service));
      if (used !== undefined) memory[service].push(used);
    }
    await delay(sampleMs);
  }
}

// Each says to a client "try again"; what a tool says of a folder that is away, and of a note that went with it.
const bearable = [
  /^refused connection$/,
  /^cut connection$/,
  /^HTTP 503$/,
  // The same at the token endpoint.
  /^temporarily_unavailable\b/,
  /fetch failed|timed out|terminated/,
  /folder of notes|is not there|There is no note|could not be written any more/,
];

/**
 * Sign-ins that were asked for though the refresh before them, if any, was answered. Where none came the SDK asks for one
 * by itself, keeps its tokens, and refreshes with them at the next call.
 */
export function countReauthorizations(counts: readonly Count[]): number {
  return counts.reduce((sum, one) => sum + Math.max(0, one.reauthorizations - one.unanswered), 0);
}

function judge(home: Home, counts: readonly Count[], afterwards: readonly Count[]): string[] {
  const signIns = countReauthorizations([...counts, ...afterwards]);
  const isExplained = signIns === 0 && counts.some(({ unanswered }) => unanswered > 0);
  const kinds = counts.flatMap(({ failures }) => Object.keys(failures));
  const strange = kinds.filter(
    (kind) => !(isExplained && kind === 'Unauthorized') && !bearable.some((pattern) => pattern.test(kind)),
  );
  const still = afterwards.flatMap(({ failures }) => Object.keys(failures));
  const crashes = home.pair.lines.filter((line) => /"level":60|FATAL|Segmentation fault/.test(line));
  return [
    ...(signIns > 0 ? [`a person had to sign in again ${signIns} times`] : []),
    ...[...new Set(strange)].map((kind) => `a client met what is no outage: ${kind}`),
    ...[...new Set(still)].map((kind) => `when all was well again, a client met: ${kind}`),
    ...crashes.slice(0, 3).map((line) => `a service ended by itself: ${line.slice(0, 300)}`),
  ];
}
