// What an operator does, in the trail's own lines on the standard error. The counts are the running loop-auth's alone.
import { createLog } from '../../auth/http/log.ts';
import { createTrail, type Trail } from '../../auth/http/trail.ts';

type Told = Parameters<Trail['tell']>;

const log = createLog('info', { write: (line) => void process.stderr.write(line) });
const trail = createTrail(log, { count: () => {} });

/** Told once it is true. Ids of what is there only: what was typed may be a secret, or nobody's name. */
export function tell(event: Told[1], facts: Omit<Told[2], 'reason'> = {}): void {
  trail.tell(undefined, event, { ...facts, reason: 'operator' });
}

/** As the pages tell it, a line for each. */
export function tellRevoked(connections: readonly Omit<Told[2], 'reason'>[]): void {
  for (const { accountId, clientId, grantId } of connections) {
    tell('connection.revoked', { accountId, clientId, grantId });
  }
}
