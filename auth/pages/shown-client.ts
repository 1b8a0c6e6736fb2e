// How an app is shown: what it chose itself is made safe to stand in a sentence of ours.
import { displayHost, displayName } from '../../pages/display-name.ts';
import type { Words } from '../../pages/words.ts';

/**
 * Where an app's answer goes: a host, this very device, an app on it that opens links of the scheme `name`, or a terminal
 * that asked from the address `name`.
 */
export interface ShownDestination {
  readonly kind: 'web' | 'device' | 'app' | 'terminal';
  readonly name: string;
}

interface ShownClient {
  readonly clientName?: string | undefined;
  readonly destination?: ShownDestination | undefined;
  readonly describedAt?: string | undefined;
}

/** The same members, for a page. */
export function showClient({ clientName, destination, describedAt }: ShownClient, words: Words): object {
  return {
    ...(clientName !== undefined && {
      clientName: displayName(clientName) ?? words.text('common.namelessApp'),
    }),
    ...(destination && { destination: { ...destination, name: displayHost(destination.name) } }),
    ...(describedAt !== undefined && { describedAt: displayHost(describedAt) }),
  };
}
