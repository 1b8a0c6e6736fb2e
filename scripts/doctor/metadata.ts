// What a client reads before it asks for anything: the refusal at the MCP URL, and the documents that it leads to.
import { isDeepStrictEqual } from 'node:util';
import { lookAtBrowsers } from './browsers.ts';
import { differenceOf, type Finding, failure, fine, warning } from './findings.ts';
import { askDescription } from './local.ts';
import { type Answer, type Asked, ask, kindOf, NoAnswer } from './probe.ts';
import type { Check, World } from './world.ts';

export const clientChecks: readonly Check[] = [
  { name: 'endpoint', needs: ['certificate', 'api'], run: lookAtEndpoint },
  { name: 'challenge', needs: ['endpoint', 'names'], run: lookAtChallenge },
  { name: 'authorization', needs: ['endpoint', 'credential'], run: lookAtAuthorization },
  { name: 'resource', needs: ['endpoint', 'names'], run: lookAtResource },
  { name: 'issuer', needs: ['certificate', 'auth', 'resource'], run: lookAtIssuer },
  { name: 'endpoints', needs: ['issuer'], run: lookAtEndpoints },
  { name: 'proxies', needs: ['settings'], run: lookAtProxies },
  { name: 'browsers', needs: ['endpoint', 'issuer'], run: lookAtBrowsers },
  { name: 'registration', needs: ['endpoints'], run: lookAtRegistration },
];

const ping: Asked = {
  method: 'POST',
  headers: { Accept: 'application/json, text/event-stream', 'Content-Type': 'application/json' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
};

async function lookAtEndpoint({ subject: { resource } }: World): Promise<Finding> {
  const answer = await ask(resource, ping);
  const { status, json } = answer;
  if (status >= 300 && status < 400) return redirected(answer);
  if (status >= 500) return proxyError(answer);
  if (status === 403 && JSON.stringify(json ?? {}).includes('forbidden_host')) {
    return failure('hostRefused', { address: resource });
  }
  const scheme = answer.header('www-authenticate')?.split(' ', 1)[0] ?? 'Bearer';
  if (status === 401 && /^bearer$/i.test(scheme)) return fine('401');
  return failure('notRefused', {
    address: resource,
    status: status === 401 ? `401 ${scheme}` : String(status),
  });
}

/** The address of a resource's metadata (RFC 9728, section 3.1), by string: bytes count. */
function descriptionUrl(resource: string): string {
  const path = pathAsTyped(resource);
  const origin = resource.slice(0, resource.length - path.length);
  return `${origin}/.well-known/oauth-protected-resource${path}`;
}

function pathAsTyped(address: string): string {
  const start = address.indexOf('/', address.indexOf('//') + 2);
  return start < 0 ? '' : address.slice(start);
}

async function lookAtChallenge({ subject: { resource } }: World): Promise<Finding> {
  const challenge = (await ask(resource, ping)).header('www-authenticate');
  const found = /\bresource_metadata="([^"]*)"/.exec(challenge ?? '')?.[1];
  const expected = descriptionUrl(resource);
  if (found === undefined) return failure('challengeDropped', { address: resource });
  return found === expected ? fine(found) : failure('challengeWrong', { address: resource, found, expected });
}

/** A token that nobody issued is refused as invalid; where it is as if there were none, something took it away. */
async function lookAtAuthorization({ subject: { resource } }: World): Promise<Finding> {
  const headers = { ...ping.headers, Authorization: 'Bearer made-up-by-the-doctor' };
  const answer = await ask(resource, { ...ping, headers });
  const said = `${answer.header('www-authenticate') ?? ''} ${answer.text}`;
  if (answer.status === 401 && said.includes('invalid_token')) return fine('401 invalid_token');
  if (answer.status === 401) return failure('authorizationDropped', { address: resource });
  return failure('callFailed', { address: resource, method: 'ping', status: String(answer.status) });
}

async function lookAtResource({ subject }: World): Promise<Finding> {
  const { resource, issuer, apiAddress } = subject;
  const address = descriptionUrl(resource);
  const answer = await ask(address);
  const wrong = judgeDocument(answer, 'loop-api');
  if (wrong) return wrong;
  const own =
    apiAddress === undefined ? undefined : await directly(() => askDescription(apiAddress, resource));
  if (own && !isDeepStrictEqual(own, answer.json))
    return failure('documentStale', { address, service: 'loop-api' });
  const found = String(answer.json?.['resource']);
  if (found !== resource) {
    return failure(
      'resourceDiffers',
      { address, found, expected: resource },
      { how: differenceOf(found, resource) },
    );
  }
  const server = String((answer.json?.['authorization_servers'] as unknown[] | undefined)?.[0]);
  return issuer === undefined || server === issuer ? fine(address) : issuerDiffers(address, server, issuer);
}

function issuerDiffers(address: string, found: string, expected: string): Finding {
  return failure('issuerDiffers', { address, found, expected }, { how: differenceOf(found, expected) });
}

/** A service that is out of reach from here says nothing of what a cache has. */
async function directly<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  }
}

/** Every form in which a client may look for it: RFC 8414 section 3.1 inserts the path, OpenID Connect appends. */
function metadataPaths(issuer: string): string[] {
  const path = pathAsTyped(issuer);
  const inserted = ['oauth-authorization-server', 'openid-configuration'].map(
    (name) => `/.well-known/${name}${path}`,
  );
  return path === '' ? inserted : [...inserted, `${path}/.well-known/openid-configuration`];
}

async function lookAtIssuer(world: World): Promise<Finding> {
  const issuer = world.subject.issuer ?? (await findIssuer(world.subject.resource));
  for (const path of metadataPaths(issuer)) {
    const answer = await ask(new URL(issuer).origin + path);
    const wrong = judgeDocument(answer, 'loop-auth') ?? (await judgeMetadata(answer, path, world, issuer));
    if (wrong) return wrong;
    world.metadata = answer.json ?? {};
  }
  return fine(issuer);
}

async function judgeMetadata(
  answer: Answer,
  path: string,
  { subject: { authAddress } }: World,
  issuer: string,
): Promise<Finding | undefined> {
  const { url: address, json } = answer;
  const headers = { Host: new URL(issuer).host };
  const own =
    authAddress === undefined ? undefined : await directly(() => ask(authAddress + path, { headers }));
  if (own?.json && !isDeepStrictEqual(own.json, json)) {
    return failure('documentStale', { address, service: 'loop-auth' });
  }
  const found = String(json?.['issuer']);
  return found === issuer ? undefined : issuerDiffers(address, found, issuer);
}

async function findIssuer(resource: string): Promise<string> {
  const { json } = await ask(descriptionUrl(resource));
  return String((json?.['authorization_servers'] as unknown[] | undefined)?.[0]);
}

/** Undefined where it is a JSON object that was answered with 200. */
function judgeDocument(answer: Answer, service: string): Finding | undefined {
  const { url: address, status } = answer;
  if (status >= 300 && status < 400) return redirected(answer);
  if (status >= 500) return proxyError(answer);
  if (status !== 200) return failure('documentMissing', { address, status: String(status), service });
  if (!answer.json) return failure('documentOther', { address, service }, { kind: kindOf(answer) });
  return undefined;
}

function redirected(answer: Answer): Finding {
  return failure('redirected', { address: answer.url, target: answer.header('location') ?? '?' });
}

function proxyError(answer: Answer): Finding {
  const values = { address: answer.url, status: String(answer.status) };
  return failure('proxyError', values, { kind: kindOf(answer) });
}

/** Bodies and methods get through: both are refused, by loop-auth and in JSON. */
async function lookAtEndpoints({ metadata = {}, subject }: World): Promise<Finding> {
  const issuer = String(metadata['issuer'] ?? subject.issuer);
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const asked: ReadonlyArray<readonly [name: string, Asked, isRight: (answer: Answer) => boolean]> = [
    ['jwks_uri', {}, ({ status, json }) => status === 200 && Array.isArray(json?.['keys'])],
    [
      'token_endpoint',
      {
        method: 'POST',
        headers: form,
        body: 'grant_type=authorization_code&client_id=made-up-by-the-doctor&code=x',
      },
      ({ status, json }) => status >= 400 && status < 500 && typeof json?.['error'] === 'string',
    ],
  ];
  for (const [name, request, isRight] of asked) {
    const address = String(metadata[name]);
    if (!address.startsWith(`${issuer}/`)) return issuerDiffers(issuer, address, issuer);
    const answer = await ask(address, request);
    if (isRight(answer)) continue;
    return failure(
      'endpointWrong',
      { address, status: String(answer.status), issuer },
      { kind: kindOf(answer) },
    );
  }
  return fine(issuer);
}

/** loop-auth itself speaks http alone, so that https means a proxy. */
async function lookAtProxies({ subject: { auth } }: World): Promise<Finding> {
  if (!auth) return { state: 'skipped', why: 'elsewhere' };
  const { issuer, trustedProxies } = auth;
  if (issuer.startsWith('https:') && trustedProxies.length === 0) return warning('proxiesUnknown');
  return fine(trustedProxies.join(', '));
}

/** By a registration that is refused: nothing is stored. */
async function lookAtRegistration({ metadata = {}, subject }: World): Promise<Finding> {
  const endpoint = metadata['registration_endpoint'];
  if (typeof endpoint !== 'string') return warning('registrationOff');
  const headers = { 'Content-Type': 'application/json' };
  const answer = await ask(endpoint, { method: 'POST', headers, body: '{"redirect_uris":[]}' });
  if (answer.status >= 400 && answer.status < 500 && answer.json) return fine(endpoint);
  const issuer = subject.issuer ?? String(metadata['issuer']);
  const values = { address: endpoint, status: String(answer.status), issuer };
  return failure('endpointWrong', values, { kind: kindOf(answer) });
}
