// How many rows each table may hold. Where each number comes from, and what holds it: docs/storage.md.

/** Rows that nobody had to be let in for: beyond them strangers wait, or the oldest goes. */
export const strangersRows = {
  /** Clients that nobody ever let in. */
  clients: 5000,
  interactions: 3000,
  /** Browsers that are not signed in. */
  sessions: 1000,
  deviceCodes: 2000,
} as const;

/** What is kept for clients that were let in and for the owner's own browsers when strangers have used up theirs. */
export const reservedRows = { knownClients: 500, ownDevices: 500 } as const;

export const perAccount = {
  devices: 50,
  sessions: 200,
  tries: 300,
  /** Of what an account did, and as many of what was refused at it. */
  events: 300,
  ledger: 1000,
  accessKeys: 50,
  revokedKeys: 100,
  /** Of one-time codes that were taken: the last ones, and as many of a time when the clock was ahead. */
  codeSteps: 100,
  recoveryCodes: 10,
  passkeys: 20,
  signInSteps: 30,
} as const;

/** As long as what happened to an account is told. */
export const revokedKeyDays = 14;

/** Tries of whoever did not sign in; of one network, and of all. */
export const strangersTries = { ofNetwork: 50, ofAll: 1000 } as const;

/** The newest of a grant that the sweep leaves; superseded refresh tokens only. */
export const perGrant = { refreshTokens: 100, accessTokens: 1000, callDays: 7 } as const;

/** Grants beyond this that nothing is left under go after a day instead of a refresh token's lifetime. */
export const calmGrants = 20_000;

/** A limit counts in so many counters at most: addresses and names beyond share them. */
export const countersPerLimit = 8192;

/** An assertion may be valid for ten minutes (auth/clients/assertions.ts) and the library's tolerance. */
export const replaySeconds = 10 * 60 + 15;

const storedLimits = 21;
// 500 refreshes a minute (auth/http/limits) between two sweeps, on top of what the sweep leaves.
const betweenSweeps = 5500;
const strangersAssertions = 5000;
const assertionsPerClient = 26_000;

/** Rows by the name of their table. */
export type RowCounts = Readonly<Record<string, number>>;

interface Facts {
  readonly accounts: number;
  readonly grants: number;
  readonly clientsLetIn: number;
}

/** The bound of every table that anything but an operator's own hand fills; per grant and per account it grows with them. */
export function boundsFor({ accounts, grants, clientsLetIn }: Facts): RowCounts {
  const { knownClients, ownDevices } = reservedRows;
  return {
    clients: strangersRows.clients + clientsLetIn,
    client_key_sets: clientsLetIn,
    interactions: strangersRows.interactions + knownClients + ownDevices,
    sessions: strangersRows.sessions + knownClients + ownDevices + perAccount.sessions * accounts,
    replay_detections: strangersAssertions + assertionsPerClient * clientsLetIn,
    grants: calmGrants,
    // One lives a minute, and each takes a person's consent.
    authorization_codes: 1000,
    device_codes: strangersRows.deviceCodes + knownClients + ownDevices,
    access_tokens: (perGrant.accessTokens + betweenSweeps) * grants,
    refresh_tokens: (perGrant.refreshTokens + betweenSweeps) * grants,
    devices: perAccount.devices * accounts,
    browsers: perAccount.sessions * accounts,
    grant_calls: (perGrant.callDays + 1) * grants,
    limits: storedLimits * countersPerLimit,
    tries: strangersTries.ofAll + perAccount.tries * accounts,
    account_events: 2 * perAccount.events * accounts,
    ledger: perAccount.ledger * accounts,
    access_keys: perAccount.accessKeys * accounts,
    revoked_keys: (perAccount.revokedKeys + perAccount.accessKeys) * accounts,
    one_time_codes: accounts,
    one_time_code_steps: 2 * perAccount.codeSteps * accounts,
    recovery_codes: perAccount.recoveryCodes * accounts,
    passkeys: perAccount.passkeys * accounts,
    sign_in_steps: perAccount.signInSteps * accounts,
    upstream_links: accounts,
    setup_links: 1,
    sweeps: 2,
  };
}
