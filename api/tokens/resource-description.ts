// Tells loop-auth what consent needs to know of the vault: at the start and when it changes, in nobody's way.
import type { ClientSecret } from '../config.ts';
import { basicAuthorization, readSecret } from './credential.ts';
import { openWire, type Wire } from './wire/wire.ts';

interface ResourceDescription {
  name: string;
  isWritable: boolean;
  notes: number;
  /** Paths of folders, two levels deep. */
  folders: readonly string[];
}

export interface DescriptionOptions {
  issuer: string;
  authOrigin: string;
  clientId: string;
  clientSecret: ClientSecret;
  resource: string;
  /** What there is to be told now. */
  describe(): ResourceDescription;
  /** Told when loop-auth begins to refuse; without names. */
  onTrouble?: (error: Error) => void;
  waits?: Partial<typeof usualWaits>;
}

export interface DescriptionKeeper {
  /** Something may be different now: looked at before long, and told where it is. */
  noteChange(): void;
  close(): Promise<void>;
}

/** In milliseconds. */
const usualWaits = {
  /** A vault that has just been opened is indexed first. */
  first: 500,
  /** What changes within this time is told at once. */
  gather: 3_000,
  /** While loop-auth is away: twice as long each time, from the first to the last. */
  retryFirst: 2_000,
  retryLast: 5 * 60_000,
  /** An older loop-auth takes no descriptions; it may be another one later. */
  absent: 3_600_000,
};
const timeoutMs = 5_000;

/** Begins at once; to be closed. */
export function keepDescribed(options: DescriptionOptions): DescriptionKeeper {
  const waits = { ...usualWaits, ...options.waits };
  const wire = openWire({ connections: 1, mostBytes: 65_536 });
  let told: string | undefined;
  let retryMs = waits.retryFirst;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let hasChanged = false;

  function plan(afterMs: number): void {
    if (timer === undefined && !isClosed) timer = setTimeout(() => void tell(), afterMs).unref();
  }

  /** Undefined where nothing is left to be told; else after how many milliseconds to come again. */
  async function put(): Promise<number | undefined> {
    const description = JSON.stringify({ resource: options.resource, ...options.describe() });
    if (description === told) return undefined;
    const status = await send(options, wire, description);
    if (status === 404 || status === 405) return waits.absent;
    if (status < 200 || status > 299) throw new Error(`loop-auth answered ${status} to the description`);
    told = description;
    retryMs = waits.retryFirst;
    return undefined;
  }

  async function tell(): Promise<void> {
    hasChanged = false;
    const again = await put().catch((error: Error) => {
      if (!isClosed && retryMs === waits.retryFirst) options.onTrouble?.(error);
      const afterMs = retryMs;
      retryMs = Math.min(retryMs * 2, waits.retryLast);
      return afterMs;
    });
    timer = undefined;
    if (again !== undefined) plan(again);
    else if (hasChanged) plan(waits.gather);
  }

  plan(waits.first);
  return {
    noteChange: () => {
      hasChanged = true;
      plan(waits.gather);
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      wire.close();
    },
  };
}

async function send(options: DescriptionOptions, wire: Wire, body: string): Promise<number> {
  const { issuer, authOrigin, clientId, clientSecret } = options;
  const path = new URL(issuer).pathname.replace(/\/$/, '');
  const { status } = await wire.ask(`${authOrigin}${path}/resource-description`, {
    method: 'PUT',
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      authorization: basicAuthorization(clientId, readSecret(clientSecret)),
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body,
  });
  return status;
}
