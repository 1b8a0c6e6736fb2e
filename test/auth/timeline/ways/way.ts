// What a way to fail is: who comes, what they do, and the row and the sentence that must come of it.
import type { StepName } from '../../../../adapters/stores/timeline/tries.ts';
import type { CauseName } from '../../../../pages/words.ts';
import { Browser, type Page } from '../../../../scripts/demo/browser.ts';
import type { ClientHosts } from '../../../support/client-hosts.ts';
import type { Clock } from '../../../support/clock.ts';
import type { App, Attempt, LoopAuth } from '../../../support/loop-auth.ts';
import { listeningAt, readRegistrations } from '../../../support/recorded-clients.ts';

interface Told {
  readonly sentence: string;
  /** Who comes: a client of this machine, or the shape of one that was recorded. */
  readonly by: string;
  readonly step: StepName;
  readonly cause: CauseName;
}

export interface Way<World> extends Told {
  readonly settings?: Readonly<Record<string, string>>;
  /** Gives what the client or the person was answered last, where that shows a code. */
  readonly fail: (world: World) => Promise<unknown>;
}

/** One of those whose registrations are recorded, with where it listens. */
export interface Guest {
  readonly app: App;
  readonly redirectUri: string;
}

export interface AuthWorld {
  readonly loop: LoopAuth;
  readonly clock: Clock;
  /** What apps with an address of their own say of themselves there. */
  readonly hosts: ClientHosts;
  /** The recorded client that comes. */
  readonly who: string;
}

const registrations = new Map(readRegistrations());

/** What it sends to register itself. */
export function registrationOf(who: string): Record<string, unknown> {
  const recorded = registrations.get(who);
  if (!recorded) throw new Error(`nobody recorded ${who}`);
  return recorded;
}

export async function arrive({ loop, who }: Pick<AuthWorld, 'loop' | 'who'>): Promise<Guest> {
  const recorded = registrationOf(who);
  const app = await loop.register({ token_endpoint_auth_method: undefined, ...recorded });
  return { app, redirectUri: listeningAt[who] ?? String((recorded['redirect_uris'] as string[])[0]) };
}

/** An app that asked to be let in. */
export function ask(
  loop: LoopAuth,
  { app, redirectUri }: Guest,
  parameters: Readonly<Record<string, string | undefined>> = {},
): Attempt {
  return loop.authorization(app, { redirect_uri: redirectUri, ...parameters });
}

/** What a browser is shown at the end of it. */
export function visit({ url }: Pick<Attempt, 'url'>, browser = new Browser()): Promise<Page> {
  const back = URL.parse(url.searchParams.get('redirect_uri') ?? '');
  return browser.visit(url, back ? `${back.origin}${back.pathname}` : undefined);
}

/** The code that somebody was shown: on a page, or with an answer. */
export function codeShown(answer: unknown): string | undefined {
  const { text = '', headers } = (answer ?? {}) as {
    text?: string;
    headers?: Headers | Record<string, unknown>;
  };
  const onPage = /<code[^>]*>([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})</.exec(text)?.[1];
  const withAnswer = headers instanceof Headers ? headers.get('X-Request-Id') : headers?.['x-request-id'];
  return onPage ?? (withAnswer ? String(withAnswer) : undefined);
}

/** The table that a test's output shows: a line a way. */
export function printWays(ways: readonly Told[], sentences: ReadonlyMap<string, string>): string[] {
  const rows = ways.map(({ sentence, by, step, cause }) => [sentence, by, step, cause]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return [...cells, sentences.get(row[0] ?? '') ?? ''].join(' | ');
  });
}
