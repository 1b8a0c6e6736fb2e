// What loop-auth knows of the gate's resources: their names and scopes, as an operator gave them with seed-client. Kept, and
// looked at again now and then, so that an outage of loop-auth takes nothing away.
import { z } from 'zod';
import { basicAuthorization, readSecret } from '../tokens/credential.ts';
import { openWire, type Wire } from '../tokens/wire/wire.ts';
import type { GateConfig } from './config.ts';

export interface ServedResource {
  readonly name: string;
  readonly scopes: readonly string[];
}

export interface ServedResources {
  /** Rejects where loop-auth never said it. Undefined for what the credential is not for. */
  find(resource: string): Promise<ServedResource | undefined>;
  close(): Promise<void>;
}

const freshMs = 60_000;
/** For a resource that nobody has made yet. */
const missingMs = 5_000;
const timeoutMs = 5_000;

const answer = z.object({
  resources: z.array(
    z.object({
      resource: z.string(),
      name: z.string(),
      scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)),
    }),
  ),
});

type Known = ReadonlyMap<string, ServedResource>;

/** Holds connections until close. */
export function openServedResources(config: GateConfig): ServedResources {
  const wire = openWire({ connections: 2, mostBytes: 262_144 });
  let known: Known | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<Known> | undefined;

  const ask = (): Promise<Known> => {
    askedAt = performance.now();
    asking ??= read(config, wire).finally(() => {
      asking = undefined;
    });
    return asking.then((answered) => {
      known = answered;
      return answered;
    });
  };

  return {
    find: async (resource) => {
      if (known === undefined) return (await ask()).get(resource);
      const isDue = performance.now() - askedAt > (known.has(resource) ? freshMs : missingMs);
      // What was known goes on while it is looked at again, and where that fails.
      if (isDue) void ask().catch(() => undefined);
      return known.get(resource);
    },
    close: async () => wire.close(),
  };
}

async function read(config: GateConfig, wire: Wire): Promise<Known> {
  const path = new URL(config.issuer).pathname.replace(/\/$/, '');
  const { status, text } = await wire.ask(`${config.authOrigin}${path}/resource-description`, {
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      authorization: basicAuthorization(config.clientId, readSecret(config.clientSecret)),
      accept: 'application/json',
      'user-agent': 'loop-gate',
    },
  });
  if (status !== 200) {
    const wrong = status === 401 ? ': GATE_CLIENT_ID or GATE_CLIENT_SECRET is wrong' : '';
    throw new Error(`loop-auth answered ${status} to the gate’s question for its resources${wrong}`);
  }
  const { resources } = answer.parse(JSON.parse(text));
  return new Map(resources.map(({ resource, name, scopes }) => [resource, { name, scopes }]));
}
