// A client, a grant and a code that are good for minutes: what a person would have given by signing in and allowing.
// Loaded where loop-auth's own code is, and there alone.
import { hash, randomBytes } from 'node:crypto';
import type { Database } from '../../adapters/database/database.ts';
import { openDatabase } from '../../adapters/database/open.ts';
import { epochSeconds } from '../../adapters/database/time.ts';
import { ModelAdapter } from '../../adapters/models/model.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import { ClientStore } from '../../adapters/stores/clients.ts';
import type { AuthConfig } from '../../auth/config.ts';
import { isDatabaseHere } from './database.ts';

// Killed in the middle, nothing is left for longer: code and grant are over by then, the client counts as one that was
// never used, and loop-auth's sweep takes what is over. Its access token goes by itself, and is nothing without the grant.
const codeSeconds = 60;
const grantSeconds = 600;

const redirectUri = 'http://127.0.0.1/callback';
const scope = 'vault.read';

export interface TemporaryClient {
  /** The query of its authorization request. */
  readonly authorization: URLSearchParams;
  /** The form by which it exchanges its code. */
  readonly exchange: URLSearchParams;
  /** Takes all of it away, and what was issued meanwhile. */
  readonly end: () => Promise<void>;
}

/**
 * Undefined where the database is not here or there is no account: it may read notes for the oldest one, as no person has
 * to be asked for a password. The caller ends it.
 */
export async function makeTemporaryClient(
  config: AuthConfig,
  resource: string,
): Promise<TemporaryClient | undefined> {
  if (!isDatabaseHere(config)) return undefined;
  const database = await openDatabase(config.databaseUrl);
  const clientId = `doctor-${randomBytes(12).toString('hex')}`;
  const end = async (): Promise<void> => {
    await new ClientStore(database).delete(clientId);
    await database.close();
  };
  try {
    const account = await new AccountStore(database).findOldest();
    const verifier = randomBytes(32).toString('base64url');
    const challenge = hash('sha256', verifier, 'base64url');
    const code = account
      ? await letIn(database, { clientId, accountId: account.id, resource, challenge })
      : '';
    await addClient(database, clientId, config.unusedClientSeconds);
    const ask = { client_id: clientId, redirect_uri: redirectUri, resource };
    const own = { response_type: 'code', scope, code_challenge: challenge, code_challenge_method: 'S256' };
    return {
      authorization: new URLSearchParams({ ...ask, ...own, state: 'doctor' }),
      exchange: new URLSearchParams({
        ...ask,
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
      }),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** As old as one that the sweep takes, once its grant is gone. */
async function addClient(database: Database, clientId: string, unusedSeconds: number): Promise<void> {
  const metadata = {
    client_id: clientId,
    client_name: 'loop doctor',
    redirect_uris: [redirectUri],
    application_type: 'native' as const,
    grant_types: ['authorization_code'],
    response_types: ['code' as const],
    token_endpoint_auth_method: 'none' as const,
  };
  await new ClientStore(database).add('registration', metadata, {
    createdAt: epochSeconds() - unusedSeconds - 1,
  });
}

interface Admission {
  readonly clientId: string;
  readonly accountId: string;
  readonly resource: string;
  readonly challenge: string;
}

/** Not by the adapter of grants, which marks the client as one that somebody let in. Resolves to the code. */
async function letIn(database: Database, admission: Admission): Promise<string> {
  const { clientId, accountId, resource, challenge } = admission;
  const unused = (): Error => new Error('a code of the doctor was used twice');
  const [grantId, code] = [randomBytes(24), randomBytes(32)].map((bytes) => bytes.toString('base64url')) as [
    string,
    string,
  ];
  const now = epochSeconds();
  const grant = {
    kind: 'Grant',
    jti: grantId,
    iat: now,
    exp: now + grantSeconds,
    accountId,
    clientId,
    resources: { [resource]: scope },
    rar: [{ type: 'vault', locations: [resource], actions: ['read'] }],
  };
  await new ModelAdapter(database, 'Grant', unused).upsert(grantId, grant, grantSeconds);
  const codePayload = {
    kind: 'AuthorizationCode',
    jti: code,
    iat: now,
    exp: now + codeSeconds,
    authTime: now,
    accountId,
    clientId,
    grantId,
    redirectUri,
    resource,
    scope,
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
  };
  await new ModelAdapter(database, 'AuthorizationCode', unused).upsert(code, codePayload, codeSeconds);
  return code;
}
