// How an app is shown: what it chose itself is made safe to stand in a sentence of ours.
import { displayHost, displayName } from '../../pages/display-name.ts';
import type { Words } from '../../pages/words.ts';

/** Where an app's answer goes: a host, this very device, or an app on it that opens links of the scheme `name`. */
export interface ShownDestination {
  readonly kind: 'web' | 'device' | 'app';
  readonly name: string;
}

interface ShownClient {
  readonly clientName?: string | undefined;
  readonly destination?: ShownDestination | undefined;
  readonly redirectHost?: string | undefined;
  readonly describedAt?: string | undefined;
}

/** The same members, for a page. */
export function showClient(
  { clientName, destination, redirectHost, describedAt }: ShownClient,
  words: Words,
): object {
  return {
    ...(clientName !== undefined && {
      clientName: displayName(clientName) ?? words.text('common.namelessApp'),
    }),
    ...(destination && { destination: { ...destination, name: displayHost(destination.name) } }),
    ...(redirectHost !== undefined && { redirectHost: displayHost(redirectHost) }),
    ...(describedAt !== undefined && { describedAt: displayHost(describedAt) }),
  };
}
