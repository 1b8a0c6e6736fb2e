// Refresh tokens in every state that a refresh can meet, and requests for their exchange, each bent in some places by chance.
import { hashOpaque } from '../../adapters/database/hash.ts';
import { resource } from './loop-auth.ts';
import type { Random } from './random.ts';

type Payload = Record<string, unknown>;
type Row = Record<string, string | number | null>;

export interface RefreshState {
  /** What is bent, for whoever reads a failure. */
  readonly bent: string[];
  readonly now: number;
  readonly token: Payload;
  readonly grant: Payload;
  /** Columns of the token's row. */
  readonly row: Row;
  readonly isStored: { token: boolean; grant: boolean };
  value: string;
  /** How often the same is asked. */
  times: number;
  readonly fields: Record<string, string | readonly string[] | undefined>;
  readonly headers: Record<string, string>;
}

export const owners = { ann: 'ann', disabled: 'disabled', gone: 'gone' };
export const clientIds = {
  plain: 'plain',
  document: 'https://app.example/client.json',
  secret: 'with-a-secret',
  noRefresh: 'that-may-not-refresh',
  odd: 'that-the-library-refuses',
  api: 'loop-api',
  gone: 'nobody',
};

type Bend = (state: RefreshState, random: Random) => unknown;

const sse = resource.replace(/\/mcp$/, '/sse');
const nearby = [-3600, -16, -15, -14, -1, 0, 1, 14, 15, 16, 3600];
const scopes = [
  'vault.read',
  'vault.write',
  'vault.read vault.write offline_access',
  'openid vault.read',
  'profile vault.read',
  'files.read',
  'vault.read files.read',
  '',
];
const detail = (locations: string[], more: object = {}) => ({
  type: 'vault',
  locations,
  actions: ['read'],
  ...more,
});
const ofToken =
  (members: Payload): Bend =>
  ({ token }) =>
    Object.assign(token, members);
const ofGrant =
  (members: Payload): Bend =>
  ({ grant }) =>
    Object.assign(grant, members);

const ofTokens: Record<string, Bend> = {
  'token over': ({ token, now }, random) => (token['exp'] = now + random.pick(nearby)),
  'token without end': ofToken({ exp: undefined }),
  'token with text for its end': ofToken({ exp: '9999999999' }),
  'token from the future': ({ token, now }, random) => (token['iat'] = now + random.pick(nearby)),
  'token without beginning': ofToken({ iat: undefined }),
  'token not before': ({ token, now }, random) => (token['nbf'] = now + random.pick(nearby)),
  'token revoked': ({ isStored }) => (isStored.token = false),
  'token of another kind': ofToken({ kind: 'AccessToken' }),
  'token in another format': ofToken({ format: 'jwt' }),
  'bound to a key': ofToken({ jkt: 'a-thumbprint' }),
  'bound to a certificate': ofToken({ 'x5t#S256': 'a-thumbprint' }),
  'bound to a session': ofToken({ sessionUid: 'gone', expiresWithSession: true }),
  'bound to no session': ofToken({ sessionUid: 'gone', expiresWithSession: false }),
  'session named': ofToken({ sessionUid: 'gone' }),
  'how it was signed in': ofToken({ acr: '1', amr: ['pwd'], authTime: 1_700_000_000 }),
  'claims asked for': ofToken({ claims: { id_token: { acr: null } }, nonce: 'abc', sid: 'sid' }),
  'details of its own': ofToken({ rar: [detail([resource])] }),
  'scope of the token': ({ token }, random) => (token['scope'] = random.pick(scopes)),
  'no scope': ofToken({ scope: undefined }),
  'with an ID token': ({ token, grant }) => {
    token['scope'] = 'openid profile vault.read';
    grant['openid'] = { scope: 'openid profile' };
  },
  'with an ID token that was not given': ofToken({ scope: 'openid vault.read' }),
  'offline access': ({ token, grant }) => {
    token['scope'] = 'vault.read offline_access';
    grant['openid'] = { scope: 'offline_access' };
  },
  'resource of loop-api’s other address': ({ token, grant }) => {
    token['resource'] = sse;
    grant['resources'] = { [sse]: 'vault.read' };
  },
  'foreign resource': ofToken({ resource: 'https://elsewhere.example/mcp' }),
  'two resources': ofToken({ resource: [resource, sse] }),
  'no resource': ofToken({ resource: undefined }),
  'refreshed before': ofToken({ gty: 'authorization_code refresh_token', rotations: 7 }),
  'of a device': ofToken({ gty: 'urn:ietf:params:oauth:grant-type:device_code' }),
  'no count': ofToken({ rotations: undefined, iiat: undefined }),
};

const ofRows: Record<string, Bend> = {
  'used a moment ago': ({ row, now }) => (row['used_at'] = now - 5),
  'used long ago': ({ row, now }) => (row['used_at'] = now - 7200),
  replaced: ({ row, now }) => (row['replaced_at'] = now - 5),
  'without its salt': ({ row, now }) => Object.assign(row, { salt: null, used_at: now - 7200 }),
  'asked twice': (state) => (state.times = 2),
  'asked three times': (state) => (state.times = 3),
};

const ofOwners: Record<string, Bend> = {
  'grant gone': ({ isStored }) => (isStored.grant = false),
  'grant over': ({ grant, now }, random) => (grant['exp'] = now + random.pick(nearby)),
  'grant without end': ofGrant({ exp: undefined }),
  'grant from the future': ({ grant, now }, random) => (grant['iat'] = now + random.pick(nearby)),
  'grant not before': ({ grant, now }, random) => (grant['nbf'] = now + random.pick(nearby)),
  'grant of another client': ofGrant({ clientId: clientIds.document }),
  'grant of another account': ofGrant({ accountId: owners.disabled }),
  'grant of another kind': ofGrant({ kind: 'AccessToken' }),
  'another grant named': ofToken({ grantId: 'another' }),
  'account disabled': ({ token, grant }) =>
    [token, grant].map((one) => Object.assign(one, { accountId: owners.disabled })),
  'account gone': ({ token, grant }) =>
    [token, grant].map((one) => Object.assign(one, { accountId: owners.gone })),
  'token of another account': ofToken({ accountId: owners.disabled }),
  client: ({ token, grant, fields }, random) => {
    const clientId = random.pick(Object.values(clientIds));
    for (const one of [token, grant]) Object.assign(one, { clientId });
    fields['client_id'] = clientId;
  },
  'token of another client': ofToken({ clientId: clientIds.document }),
};

const ofNarrowing: Record<string, Bend> = {
  'scope of the grant': ({ grant }, random) => (grant['resources'] = { [resource]: random.pick(scopes) }),
  'grant of no resource': ofGrant({ resources: undefined }),
  'writing rejected': ofGrant({ rejected: { resources: { [resource]: 'vault.write' } } }),
  'all rejected': ofGrant({ rejected: { resources: { [resource]: 'vault.read vault.write' } } }),
  'folders given': ofGrant({ rar: [detail([resource], { folders: ['Projects', '일기'] })] }),
  'writing withheld': ofGrant({ rar: [detail([resource], { withheld: ['write'] })] }),
  'details of another place': ofGrant({ rar: [detail([sse])] }),
  'openid given': ofGrant({ openid: { scope: 'openid profile offline_access' } }),
  'offline access given': ofGrant({ openid: { scope: 'offline_access' } }),
};

const field =
  (name: string, ...values: string[]): Bend =>
  ({ fields }) =>
    (fields[name] = values);
const header =
  (name: string, value: string): Bend =>
  ({ headers }) =>
    (headers[name] = value);

const ofRequests: Record<string, Bend> = {
  'scope asked for': ({ fields }, random) => (fields['scope'] = random.pick(scopes)),
  'its resource named': field('resource', resource),
  'its resource in another spelling': field('resource', `${resource}/`),
  'another resource named': field('resource', sse),
  'foreign resource named': field('resource', 'https://elsewhere.example/mcp'),
  'empty resource': field('resource', ''),
  'resource twice': field('resource', resource, resource),
  'empty token': field('refresh_token', ''),
  'token twice': ({ fields, value }) => (fields['refresh_token'] = [value, value]),
  'client twice': field('client_id', clientIds.plain, clientIds.plain),
  'another client asks': field('client_id', clientIds.document),
  'nobody asks': field('client_id'),
  'no client named': field('client_id', ''),
  'another parameter': field('padding', 'x'),
  'long body': field('padding', 'x'.repeat(5000)),
  'with a secret': field('client_secret', 's'),
  'empty secret': field('client_secret', ''),
  'with an assertion': field('client_assertion', 'a.b.c'),
  'another grant type': field('grant_type', 'authorization_code'),
  'no grant type': field('grant_type'),
  'secret in the header': header('authorization', `Basic ${btoa(`${clientIds.secret}:s`)}`),
  'bearer in the header': header('authorization', 'Bearer abc'),
  'from a page of its own': header('origin', 'https://app.example'),
  'from another page': header('origin', 'https://page.example'),
  'for a page': header('accept', 'text/html'),
  'with a proof of possession': header('dpop', 'a.b.c'),
  'with an attestation': header('oauth-client-attestation', 'a.b.c'),
  'as JSON': header('content-type', 'application/json'),
  'another charset': header('content-type', 'application/x-www-form-urlencoded; charset=latin1'),
};

const ofValues: Record<string, Bend> = {
  'a JWT': (state) => (state.value = `${btoa('{"alg":"none"}').replaceAll('=', '')}.${state.value}.`),
  'too short': (state) => (state.value = state.value.slice(1)),
  'with odd signs': (state) => (state.value = `${state.value}=+ 글`),
};

const bends = [ofTokens, ofRows, ofOwners, ofNarrowing, ofRequests, ofValues].map(Object.entries<Bend>);

/** A live token of Ann's as its app exchanges it, bent in up to three places. `now` in epoch seconds. */
export function bendRefresh(random: Random, now: number): RefreshState {
  const value = Array.from({ length: 43 }, () => random.pick([...'abcXYZ019-_'])).join('');
  const grantId = `grant-${value}`;
  const owner = { accountId: owners.ann, clientId: clientIds.plain };
  const times = { iat: now - 60, exp: now + 3600 };
  const token = {
    ...times,
    ...owner,
    grantId,
    kind: 'RefreshToken',
    gty: 'authorization_code',
    iiat: now - 60,
  };
  const state: RefreshState = {
    bent: [],
    now,
    token: { ...token, resource, rotations: 0, scope: 'vault.read vault.write' },
    grant: { ...times, ...owner, kind: 'Grant', resources: { [resource]: 'vault.read vault.write' } },
    row: { used_at: null, replaced_at: null, salt: `salt-of-${value}`, issued_at: now - 60 },
    isStored: { token: true, grant: true },
    value,
    times: 1,
    fields: { grant_type: 'refresh_token', client_id: clientIds.plain, refresh_token: undefined },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  };
  for (let left = random.below(4); left > 0; left -= 1) {
    const [name, bend] = random.pick(random.pick(bends));
    state.bent.push(name);
    bend(state, random);
  }
  state.fields['refresh_token'] ??= state.value;
  return state;
}

/** Its rows, by table. */
export function rowsOfState({ token, grant, row, isStored, value }: RefreshState): Record<string, Row> {
  const id = hashOpaque(value);
  const grantId = String(token['grantId']);
  // Kept whatever the payloads say: the sweep runs meanwhile.
  const lasting = 9_999_999_999;
  const own = { account_id: String(grant['accountId']), client_id: String(grant['clientId']) };
  const issued = { id, payload: JSON.stringify(token), grant_id: grantId, expires_at: lasting, ...row };
  const given = {
    id: grantId,
    payload: JSON.stringify(grant),
    expires_at: lasting,
    created_at: lasting,
    ...own,
  };
  return {
    ...(isStored.token && { refresh_tokens: issued }),
    ...(isStored.grant && { grants: given }),
  };
}
