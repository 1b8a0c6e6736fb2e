// Where a stranger's host name leads, asked of the name servers directly.
import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** All addresses of a name. Rejects where there are none; `signal` gives the questions up. */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<LookupAddress[]>;

// Of a name server that leaves one kind of question open, the answer to the other is enough (RFC 8305 section 3).
const secondAnswerMs = 300;

/**
 * Not node's `lookup`: getaddrinfo waits in one of four threads, which passwords need too, and four names that nobody
 * answers would hold all others. /etc/hosts is not read: no public host is named there. `servers` are those of the
 * machine unless given.
 */
export function createResolver(servers?: readonly string[]): Resolve {
  return async (hostname, signal) => {
    // One for each name, so that giving up one leaves the others alone.
    const resolver = new Resolver({ timeout: 700, tries: 2 });
    if (servers) resolver.setServers(servers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await ask(resolver, hostname);
    } finally {
      signal.removeEventListener('abort', cancel);
      resolver.cancel();
    }
  };
}

async function ask(resolver: Resolver, hostname: string): Promise<LookupAddress[]> {
  const found: LookupAddress[] = [];
  const add = async (family: 4 | 6, addresses: Promise<string[]>): Promise<void> => {
    found.push(...(await addresses).map((address) => ({ address, family })));
  };
  const answers = [add(4, resolver.resolve4(hostname)), add(6, resolver.resolve6(hostname))];
  const all = Promise.allSettled(answers);
  await Promise.any(answers);
  await Promise.race([all, delay(secondAnswerMs)]);
  return [...found];
}
