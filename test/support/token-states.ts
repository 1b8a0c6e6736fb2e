// Access tokens in every state that an introspection can meet, and questions about them, each bent in some places by chance.
import { createKeyValue } from '../../auth/vault/access-keys/value.ts';
import { apiSecret, basic, resource } from './loop-auth.ts';
import type { Random } from './random.ts';

type Payload = Record<string, unknown>;

export interface State {
  /** What is bent, for whoever reads a failure. */
  readonly bent: string[];
  readonly now: number;
  readonly token: Payload;
  readonly grant: Payload;
  /** Of the rows, where they may be others than the payloads say. */
  grantId: string;
  columns: Payload;
  isStored: { token: boolean; grant: boolean };
  value: string;
  readonly question: Question;
}

export interface Question {
  method: string;
  query: string;
  headers: Record<string, string>;
  /** Undefined leaves the form of `fields`. */
  body: string | undefined;
  fields: [name: string, value: string][];
  sent: 'whole' | 'in pieces' | 'chunked';
}

export interface World {
  readonly accounts: { readonly ann: string; readonly disabled: string; readonly gone: string };
  /** Ids of clients that are there, and of one that is not. */
  readonly clients: readonly string[];
  readonly foreign: { readonly id: string; readonly secret: string; readonly resource: string };
  readonly refreshToken: string;
}

type Bend = (state: State, random: Random, world: World) => unknown;

const sse = resource.replace(/\/mcp$/, '/sse');
/** Around now, and around the library's tolerance of 15 s on both sides. */
const nearby = [-3600, -17, -16, -15, -14, -2, -1, 0, 1, 2, 14, 15, 16, 17, 3600];
const scopes = ['vault.read', 'vault.read vault.write', 'vault.write', '', 'files.read', 'openid vault.read'];
const detail = (locations: string[], more: object = {}) => ({
  type: 'vault',
  locations,
  actions: ['read'],
  ...more,
});

const ofTokens: Record<string, Bend> = {
  'token over': ({ token, now }, random) => (token['exp'] = now + random.pick(nearby)),
  'token without end': ({ token }) => delete token['exp'],
  'token from the future': ({ token, now }, random) => (token['iat'] = now + random.pick(nearby)),
  'token without beginning': ({ token }) => delete token['iat'],
  'token with text for its end': ({ token }) => (token['exp'] = String(token['exp'])),
  'token not before': ({ token, now }, random) => (token['nbf'] = now + random.pick(nearby)),
  'token revoked': (state) => (state.isStored.token = false),
  'token consumed': ({ token, now }) => (token['consumed'] = now),
  'audience of loop-api’s other address': ({ token, grant }) => {
    token['aud'] = sse;
    grant['resources'] = { [sse]: 'vault.read' };
  },
  'foreign audience': ({ token }, _random, { foreign }) => (token['aud'] = foreign.resource),
  'audience that nobody is': ({ token }) => (token['aud'] = 'https://elsewhere.example/mcp'),
  'two audiences': ({ token }) => (token['aud'] = [resource, sse]),
  'no audience': ({ token }) => delete token['aud'],
  'scope of the token': ({ token }, random) => (token['scope'] = random.pick(scopes)),
  'no scope': ({ token }) => delete token['scope'],
  'extra members': ({ token }) => (token['extra'] = { sub: 'somebody', level: 3 }),
  'empty extra': ({ token }) => (token['extra'] = {}),
  'another kind': ({ token }, random) => (token['kind'] = random.pick(['RefreshToken', 'ClientCredentials'])),
  'no kind': ({ token }) => delete token['kind'],
  'bound to a key': ({ token }) => (token['jkt'] = 'a-thumbprint'),
  'bound to a certificate': ({ token }) => (token['x5t#S256'] = 'a-thumbprint'),
  'bound to a session': ({ token }) => Object.assign(token, { sessionUid: 'gone', expiresWithSession: true }),
  'session named': ({ token }) => Object.assign(token, { sessionUid: 'gone', sid: 'sid', claims: {} }),
  'details of its own': ({ token }) => (token['rar'] = [detail([resource])]),
  'another format': ({ token }, random) => (token[random.pick(['format', 'jwt', 'paseto'])] = 'opaque'),
  'openid scope': ({ token }) => (token['openid_scope'] = 'openid profile'),
};

const ofOwners: Record<string, Bend> = {
  'grant gone': (state) => (state.isStored.grant = false),
  'grant over': ({ grant, now }, random) => (grant['exp'] = now + random.pick(nearby)),
  'grant without end': ({ grant }) => delete grant['exp'],
  'grant from the future': ({ grant, now }, random) => (grant['iat'] = now + random.pick(nearby)),
  'grant not before': ({ grant, now }, random) => (grant['nbf'] = now + random.pick(nearby)),
  'grant of another client': ({ grant }, random, { clients }) => (grant['clientId'] = random.pick(clients)),
  'grant of another account': ({ grant }, _random, { accounts }) => (grant['accountId'] = accounts.disabled),
  'grant of another client than its columns': (state, random, { clients }) => {
    state.columns = { ...state.grant };
    state.grant['clientId'] = random.pick(clients);
  },
  'grant of another account than its columns': (state, _random, { accounts }) => {
    state.columns = { ...state.grant };
    state.grant['accountId'] = accounts.disabled;
  },
  'grant of another kind': ({ grant }) => (grant['kind'] = 'AccessToken'),
  'grant in another format': ({ grant }) => (grant['format'] = 'jwt'),
  'another grant named': ({ token }) => (token['grantId'] = 'another'),
  'no grant named': ({ token }) => delete token['grantId'],
  'account disabled': ({ token, grant }, _random, { accounts }) => {
    token['accountId'] = accounts.disabled;
    grant['accountId'] = accounts.disabled;
  },
  'account gone': ({ token, grant }, _random, { accounts }) => {
    token['accountId'] = accounts.gone;
    grant['accountId'] = accounts.gone;
  },
  'token of another account': ({ token }, _random, { accounts }) => (token['accountId'] = accounts.disabled),
  'no account named': ({ token }) => delete token['accountId'],
  client: ({ token, grant }, random, { clients }) => {
    const clientId = random.pick(clients);
    token['clientId'] = clientId;
    grant['clientId'] = clientId;
  },
  'token of another client': ({ token }, random, { clients }) => (token['clientId'] = random.pick(clients)),
};

const ofNarrowing: Record<string, Bend> = {
  'scope of the grant': ({ grant }, random) => (grant['resources'] = { [resource]: random.pick(scopes) }),
  'no resource': ({ grant }) => delete grant['resources'],
  'writing rejected': ({ grant }) => {
    grant['resources'] = { [resource]: 'vault.read vault.write' };
    grant['rejected'] = { resources: { [resource]: 'vault.write' } };
  },
  'all rejected': ({ grant }) =>
    (grant['rejected'] = { resources: { [resource]: 'vault.read vault.write' } }),
  'folders given': ({ grant }) => (grant['rar'] = [detail([resource], { folders: ['Projects', '일기'] })]),
  'writing withheld': ({ grant }) => (grant['rar'] = [detail([resource], { withheld: ['write'] })]),
  'details of another place': ({ grant }) => (grant['rar'] = [detail([sse])]),
  'details of both': ({ grant }) => (grant['rar'] = [detail([sse]), detail([resource, sse])]),
  'openid given': ({ grant }) => (grant['openid'] = { scope: 'openid offline_access' }),
};

const header =
  (name: string, value: string): Bend =>
  ({ question }) =>
    (question.headers[name] = value);
const field =
  (name: string, value: string): Bend =>
  ({ question }) =>
    question.fields.push([name, value]);

const ofQuestions: Record<string, Bend> = {
  'no hint': ({ question }) => question.fields.pop(),
  'hint of a refresh token': ({ question }) => (question.fields[1] = ['token_type_hint', 'refresh_token']),
  'hint in another word': ({ question }) => (question.fields[1] = ['token_type_hint', 'whatever']),
  'hint twice': field('token_type_hint', 'access_token'),
  'empty hint': ({ question }) => (question.fields[1] = ['token_type_hint', '']),
  'hint first': ({ question }) => question.fields.reverse(),
  'token twice': field('token', 'another'),
  'another parameter': field('resource', resource),
  'client in the body': field('client_id', 'loop-api'),
  'another client in the body': field('client_id', 'somebody'),
  'secret in the body, too': field('client_secret', apiSecret),
  'secret in the body alone': ({ question }) => {
    delete question.headers['authorization'];
    question.fields.push(['client_id', 'loop-api'], ['client_secret', apiSecret]);
  },
  'assertion, too': field('client_assertion', 'a.b.c'),
  'wrong secret': header('authorization', basic('loop-api', 'guessed')),
  'wrong client': header('authorization', basic('nobody', apiSecret)),
  'nobody asks': ({ question }) => delete question.headers['authorization'],
  'another server asks': ({ question }, _random, { foreign }) =>
    (question.headers['authorization'] = basic(foreign.id, foreign.secret)),
  'bearer asks': header('authorization', 'Bearer abc'),
  'secret not encoded': header('authorization', `Basic ${btoa(`loop-api:${apiSecret}`)}`),
  'scheme in small letters': header('authorization', basic('loop-api', apiSecret).replace('B', 'b')),
  'two blanks': header('authorization', basic('loop-api', apiSecret).replace(' ', '  ')),
  'header cut off': ({ question }) => (question.headers['authorization'] &&= 'Basic bG9vcC1hcGk'),
  'charset named': header('content-type', 'application/x-www-form-urlencoded;charset=UTF-8'),
  'another charset': header('content-type', 'application/x-www-form-urlencoded; charset=latin1'),
  'unknown charset': header('content-type', 'application/x-www-form-urlencoded; charset=klingon'),
  'as JSON': header('content-type', 'application/json'),
  'no content type': ({ question }) => delete question.headers['content-type'],
  'from a page': header('origin', 'https://page.example'),
  'for a page': header('accept', 'text/html'),
  'with an attestation': header('oauth-client-attestation', 'a.b.c'),
  compressed: header('content-encoding', 'gzip'),
  'not encoded': header('content-encoding', 'identity'),
  'with a query': ({ question }) => (question.query = '?token=another&lang=ko'),
  'another method': ({ question }, random) => (question.method = random.pick(['GET', 'PUT', 'OPTIONS'])),
  'in pieces': ({ question }) => (question.sent = 'in pieces'),
  chunked: ({ question }) => (question.sent = 'chunked'),
  'long body': field('padding', 'x'.repeat(3000)),
  'body too large': field('padding', 'x'.repeat(60_000)),
  'no body': ({ question }) => (question.body = ''),
  'not a form': ({ question }) => (question.body = '{"token":"abc"}'),
  'not UTF-8': ({ question }) => (question.body = 'token=%ff%fe&token_type_hint=access_token'),
};

const longest = 'x'.repeat(5000);
const ofValues: Record<string, Bend> = {
  unknown: (state) => (state.isStored.token = false),
  'a refresh token': (state, _random, world) => (state.value = world.refreshToken),
  'an access key': (state) => (state.value = createKeyValue()),
  'a JWT': (state) => (state.value = `${btoa('{"alg":"none"}').replaceAll('=', '')}.e30.`),
  dotted: (state) => (state.value = `${state.value.slice(1)}.`),
  'very long': (state) => (state.value = longest),
  empty: (state) => (state.value = ''),
  'with odd signs': (state) => (state.value = `${state.value}=+ 글`),
  'of a reader': (state) => (state.value = `ro~${state.value.slice(3)}`),
  'like a key': (state) => (state.value = `loop_${state.value.slice(5)}`),
  'like a long key': (state) => (state.value = `loop_${state.value}`),
};

const bends = [ofTokens, ofOwners, ofNarrowing, ofQuestions, ofValues].map(Object.entries<Bend>);

/** A live token of Ann's as loop-api asks about it, bent in up to three places. `now` in epoch seconds. */
export function bendToken(random: Random, world: World, now: number): State {
  const id = Array.from({ length: 43 }, () => random.pick([...'abcXYZ019-_'])).join('');
  const owner = { accountId: world.accounts.ann, clientId: world.clients[0] };
  const times = { iat: now - 60, exp: now + 3600 };
  const state: State = {
    bent: [],
    now,
    token: { ...times, ...owner, grantId: `grant-${id}`, kind: 'AccessToken', gty: 'authorization_code' },
    grant: { ...times, ...owner, kind: 'Grant', resources: { [resource]: 'vault.read vault.write' } },
    grantId: `grant-${id}`,
    columns: {},
    isStored: { token: true, grant: true },
    value: id,
    question: {
      method: 'POST',
      query: '',
      headers: {
        authorization: basic('loop-api', apiSecret),
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: undefined,
      fields: [
        ['token', ''],
        ['token_type_hint', 'access_token'],
      ],
      sent: 'whole',
    },
  };
  Object.assign(state.token, { aud: resource, scope: 'vault.read vault.write' });
  for (let left = random.below(4); left > 0; left -= 1) {
    const [name, bend] = random.pick(random.pick(bends));
    state.bent.push(name);
    bend(state, random, world);
  }
  for (const one of state.question.fields) if (one[0] === 'token' && one[1] === '') one[1] = state.value;
  return state;
}
