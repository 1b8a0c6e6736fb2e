// The checks in the order in which a client meets what they look at, one after the other, none for longer than it may.
// The room: what makes a connector fail, looked for. Not the words for it: pages/words/. Not the command: scripts/doctor.ts.
import type { CheckName } from './causes.ts';
import { type Finding, failure } from './findings.ts';
import { localChecks } from './local.ts';
import { clientChecks } from './metadata.ts';
import { leadTo, NoAnswer } from './probe.ts';
import { publicChecks } from './public-address.ts';
import { signInChecks } from './sign-in.ts';
import { type Environment, isLoopback, readSubject, SettingsWrong, type Subject } from './subject.ts';
import type { Check, Line, World } from './world.ts';

export interface ExaminationOptions {
  readonly environment: Environment;
  /** What was typed behind --url. */
  readonly url: string | undefined;
  /** Gets each line as it is known. */
  readonly onLine: (line: Line) => void;
  readonly endings: World['endings'];
  readonly mostMs?: number;
}

const plan: readonly Check[] = [...localChecks, ...publicChecks, ...clientChecks, ...signInChecks];

/** Resolves to the subject, where the settings could be read. All is over after some 60 s. */
export async function examine(options: ExaminationOptions): Promise<Subject | undefined> {
  const endsAt = performance.now() + (options.mostMs ?? 60_000);
  const states = new Map<CheckName, Finding>();
  const conclude = (check: CheckName, findings: readonly Finding[]): void => {
    for (const finding of findings) options.onLine({ check, finding });
    const worst = findings.find(({ state }) => state === 'failure') ?? findings[0];
    if (worst) states.set(check, worst);
  };
  const subject = await readSettings(options, conclude);
  const world = subject && { subject, environment: options.environment, endings: options.endings };
  for (const check of plan) {
    const blocker = findBlocker(check, states);
    if (blocker || !world)
      conclude(check.name, [{ state: 'skipped', why: 'after', after: blocker ?? 'settings' }]);
    else if (performance.now() > endsAt) conclude(check.name, [{ state: 'skipped', why: 'time' }]);
    else conclude(check.name, await run(check, world));
  }
  return subject;
}

async function readSettings(
  { environment, url }: ExaminationOptions,
  conclude: (check: CheckName, findings: readonly Finding[]) => void,
): Promise<Subject | undefined> {
  try {
    const subject = await readSubject(environment, url);
    leadAround(subject);
    conclude('settings', [{ state: 'ok', detail: subject.resource }]);
    return subject;
  } catch (error) {
    if (!(error instanceof SettingsWrong)) throw error;
    conclude(
      'settings',
      error.faults.map(({ service, fault }) => failure('settings', { service, fault })),
    );
    return undefined;
  }
}

/** Where a service has another name here, `localhost` in an address is not where we are. */
function leadAround({ resource, issuer, authAddress, apiAddress }: Subject): void {
  for (const [address, service] of [
    [resource, apiAddress],
    [issuer, authAddress],
  ]) {
    if (address === undefined || service === undefined) continue;
    if (isLoopback(address) && !isLoopback(service)) leadTo(new URL(address).origin, service);
  }
}

/** The first failure that stands behind one that is needed, however many steps away. */
function findBlocker(check: Check, states: ReadonlyMap<CheckName, Finding>): CheckName | undefined {
  for (const name of check.needs) {
    const finding = states.get(name);
    if (finding?.state === 'failure') return name;
    if (finding?.state === 'skipped' && finding.after) return finding.after;
  }
  return undefined;
}

async function run(check: Check, world: World): Promise<readonly Finding[]> {
  try {
    const found = await check.run(world);
    return Array.isArray(found) ? found : [found as Finding];
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return [failure('connectionRefused', { address: world.subject.resource, reason: error.reason })];
  }
}
