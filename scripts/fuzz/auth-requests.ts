// Requests to loop-auth: every route of its own and of the library's, by the shapes of OAuth and OpenID Connect.
import { deviceGrantType } from '../../auth/clients/metadata.ts';
import { describeToldCalls } from '../../auth/timeline/refusals.ts';
import { documentUrl, methods, oddTexts, oddValues } from './odd.ts';
import type { Random } from './random.ts';
import { type Schema, valueBy } from './schema-values.ts';
import { basic, type FuzzRequest, formRequest, jsonRequest, plain, query, type World } from './shapes.ts';

type Maker = () => FuzzRequest;

/** `routes` are those that its metadata names. */
export function authMakers(world: World, routes: readonly string[], random: Random): Maker[] {
  const paths = [...authPaths, ...routes];
  const ofLoopApi = basic('loop-api', world.apiSecret);
  const tellRefusals = (): FuzzRequest =>
    jsonRequest('auth', '/resource-refusals', toldCalls(world, random), ofLoopApi);
  return [
    () => formRequest('/token', tokenFields(world, random)),
    () => formRequest('/token/introspection', { token: world.accessToken }, ofLoopApi),
    () => formRequest('/token/revocation', { token: random.pick(oddTexts), client_id: world.clientId }),
    () => jsonRequest('auth', '/reg', registration(random)),
    () => ({
      ...jsonRequest('auth', '/resource-description', description(world, random), ofLoopApi),
      method: 'PUT',
    }),
    tellRefusals,
    tellRefusals,
    () => plain('auth', 'GET', `/auth?${query(authorization(world), random)}`),
    () => plain('auth', 'GET', `/auth?${query({ ...authorization(world), client_id: documentUrl }, random)}`),
    () => formRequest('/auth', authorization(world)),
    () => formRequest('/device/auth', deviceAuthorization(world, random)),
    () => plain('auth', random.pick(methods), random.pick(paths)),
    () =>
      formRequest(random.pick(formPaths), {
        username: 'nobody',
        password: random.pick(oddTexts),
        decision: 'allow',
        user_code: random.pick(oddTexts),
        confirm: 'yes',
      }),
  ];
}

function description(world: World, random: Random): unknown {
  const fields: Record<string, unknown> = {
    resource: world.resource,
    name: 'vault',
    isWritable: true,
    notes: 12,
    folders: ['Projects'],
  };
  fields[random.pick(Object.keys(fields))] = random.pick(oddValues);
  return fields;
}

/** Of calls that loop-api refused, by the schema that loop-auth reads them with. */
function toldCalls(world: World, random: Random): unknown {
  const real = [world.resource, world.clientId, '203.0.113.9', '2001:db8::1', 'a-code'];
  const told = valueBy(refusals, { random, real });
  // Mostly of the resource that there is: all else is refused before it is looked at.
  return typeof told === 'object' && !random.once(6) ? { ...told, resource: world.resource } : told;
}

const refusals = describeToldCalls() as Schema;

const authPaths = [
  '/',
  '/account',
  '/account?action=revoke&id=x',
  '/account?before=1.x',
  '/account/sign-in',
  '/account/activity',
  '/account/activity?code=x',
  '/account/activity?before=9x',
  '/interaction/x',
  '/interaction/x/y',
  '/setup?token=x',
  '/session/end',
  '/session/end/confirm',
  '/session/end/success',
  '/me',
  '/jwks',
  '/reg/x',
  '/auth/x',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/.well-known/x',
  '/metrics',
  '/healthz',
  '/readyz',
  '/device',
  '/device?user_code=bcdf+ghjk',
  '/device/x',
  '/request',
  '/nothing',
];
const formPaths = [
  '/account/sign-in',
  '/account',
  '/account/sign-out',
  '/interaction/x',
  '/setup?token=x',
  '/session/end/confirm',
  '/session/end',
  '/device',
];

function tokenFields(world: World, random: Random): Record<string, string> {
  return random.pick([
    { grant_type: 'refresh_token', refresh_token: random.pick(oddTexts), client_id: world.clientId },
    {
      grant_type: 'authorization_code',
      code: random.pick(oddTexts),
      client_id: world.clientId,
      code_verifier: 'x'.repeat(50),
      redirect_uri: world.redirectUri,
    },
    { grant_type: deviceGrantType, device_code: random.pick(oddTexts), client_id: world.terminalId },
    { grant_type: random.pick(oddTexts), client_id: random.pick(oddTexts) },
    { grant_type: 'client_credentials', client_id: 'loop-api', client_secret: 'wrong' },
    {
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id: world.clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: random.pick(['a.b.c', 'eyJhbGciOiJub25lIn0.e30.', '', 'x'.repeat(9_000)]),
    },
  ]);
}

function deviceAuthorization(world: World, random: Random): Record<string, string> {
  return {
    client_id: world.terminalId,
    scope: random.pick(['vault.read', 'openid offline_access vault.write', ...oddTexts]),
    resource: random.pick([world.resource, ...oddTexts]),
  };
}

function authorization(world: World): Record<string, string> {
  return {
    client_id: world.clientId,
    response_type: 'code',
    redirect_uri: world.redirectUri,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    resource: world.resource,
    scope: 'vault.read',
    state: 'a state',
  };
}

function registration(random: Random): unknown {
  const fields: Record<string, unknown> = {
    client_name: 'A client',
    redirect_uris: ['https://app.example/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  };
  const field = random.pick([
    ...Object.keys(fields),
    'jwks',
    'jwks_uri',
    'scope',
    'software_id',
    'contacts',
    'client_uri',
    'application_type',
    'response_types',
    'client_id',
    'post_logout_redirect_uris',
    'default_max_age',
    'sector_identifier_uri',
    '__proto__',
  ]);
  fields[field] = random.pick(oddValues);
  return random.once(20) ? random.pick(oddValues) : fields;
}
