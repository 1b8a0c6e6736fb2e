// What an operator does: in the trail's own lines on the standard error, and for the accounts that it is done to. The counts
// are the running loop-auth's alone.
import type { Database } from '../../adapters/database/database.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import { AccountEventStore } from '../../adapters/stores/timeline/account-events.ts';
import { LedgerStore } from '../../adapters/stores/timeline/ledger.ts';
import { TryStore } from '../../adapters/stores/timeline/tries.ts';
import { createLog } from '../../auth/http/log.ts';
import { createTrail, type Told, type Trail } from '../../auth/http/trail.ts';
import { createRecorder } from '../../auth/timeline/recorder.ts';
import { hearTrail } from '../../auth/timeline/trail.ts';

type Event = Parameters<Trail['tell']>[1];
type Facts = Omit<Parameters<Trail['tell']>[2], 'reason'>;

const log = createLog('info', { write: (line) => void process.stderr.write(line) });
let told: Told[] = [];
const trail = createTrail(log, { count: () => {} }, (one) => void told.push(one));

// As many as the recorder takes at once.
const portion = 200;

/** Told once it is true. Ids of what is there only: what was typed may be a secret, or nobody's name. */
export function tell(event: Event, facts: Facts = {}): void {
  trail.tell(undefined, event, { ...facts, reason: 'operator' });
}

/** As the pages tell it, a line for each. */
export function tellRevoked(connections: readonly Facts[]): void {
  for (const { accountId, clientId, grantId } of connections) {
    tell('connection.revoked', { accountId, clientId, grantId });
  }
}

/** Browsers of every account are signed out too, also of one that let nothing in. */
export async function tellEveryoneRevoked(database: Database, connections: readonly Facts[]): Promise<void> {
  tellRevoked(connections);
  for (const accountId of await new AccountStore(database).listIds()) tell('sessions.revoked', { accountId });
}

/** What was told is kept for the pages of its accounts, as a running loop-auth keeps it. Never throws: it is true already. */
export async function storeTold(database: Database): Promise<void> {
  const all = told;
  told = [];
  if (all.length === 0) return;
  const recorder = createRecorder({
    database,
    log,
    tries: new TryStore(database),
    events: new AccountEventStore(database),
    ledger: new LedgerStore(database),
  });
  const hear = hearTrail(recorder);
  for (let at = 0; at < all.length; at += portion) {
    for (const one of all.slice(at, at + portion)) hear(one);
    await recorder.store();
  }
  await recorder.close();
}
