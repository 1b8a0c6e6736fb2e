// What can be seen without the proxy: the database, the keys, both services by themselves, and whether they agree.

import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { differenceOf, elsewhere, type Finding, failure, fine, warning } from './findings.ts';
import { type Answer, ask, isKnown, NoAnswer } from './probe.ts';
import { type Environment, isLoopback, type Subject } from './subject.ts';
import type { Check, World } from './world.ts';

const inDatabase = (
  look: 'lookAtDatabase' | 'lookAtBackups' | 'lookAtAccount' | 'lookAtKeys',
): Check['run'] => {
  return async ({ subject: { auth } }) => {
    if (!auth) return elsewhere;
    // Where loop-auth's code is not, as in loop-api's image, this is never reached.
    const room = await import('./database.ts');
    return room[look](auth);
  };
};

export const localChecks: readonly Check[] = [
  { name: 'database', needs: ['settings'], run: inDatabase('lookAtDatabase') },
  { name: 'backups', needs: ['settings'], run: inDatabase('lookAtBackups') },
  { name: 'account', needs: ['database'], run: inDatabase('lookAtAccount') },
  { name: 'keys', needs: ['database'], run: inDatabase('lookAtKeys') },
  { name: 'upstream', needs: ['settings'], run: lookAtUpstream },
  {
    name: 'auth',
    needs: ['settings'],
    run: ({ subject }) => lookAtService('loop-auth', subject.authAddress),
  },
  { name: 'api', needs: ['settings'], run: ({ subject }) => lookAtService('loop-api', subject.apiAddress) },
  { name: 'vault', needs: ['api'], run: lookAtVault },
  { name: 'workers', needs: ['api'], run: (world) => lookAtWorkers(world) },
  { name: 'names', needs: ['auth', 'api'], run: lookAtNames },
  { name: 'credential', needs: ['auth', 'names'], run: lookAtCredential },
];

/** What it says of itself, as loop-auth reads it before a sign-in. */
async function lookAtUpstream({ subject: { auth } }: World): Promise<Finding | readonly Finding[]> {
  // Most have none, and no line of it.
  if (!auth?.upstream) return [];
  const { issuer, name: provider } = auth.upstream;
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  try {
    const { status, json } = await ask(address);
    if (status !== 200 || !json)
      return failure('upstreamAway', { provider, address, reason: String(status) });
    const found = String(json['issuer']);
    if (found === issuer) return fine(issuer);
    return failure('upstreamOther', { found, expected: issuer }, { how: differenceOf(found, issuer) });
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return failure('upstreamAway', { provider, address, reason: error.reason });
  }
}

async function lookAtService(service: string, address: string | undefined): Promise<Finding> {
  if (address === undefined || !(await isKnown(address))) return elsewhere;
  try {
    const answer = await ask(`${address}/readyz`);
    if (answer.status === 200 && answer.json) return fine(address);
    const status = `${answer.status} ${String(answer.json?.['status'] ?? '')}`.trim();
    return failure('serviceNotReady', { service, status });
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return failure('serviceAway', { service, address, reason: error.reason });
  }
}

async function lookAtVault({ subject: { apiAddress } }: World): Promise<Finding> {
  if (apiAddress === undefined || !(await isKnown(apiAddress))) return elsewhere;
  const { json } = await ask(`${apiAddress}/readyz`);
  return json?.['vault'] === 'away' ? failure('vaultAway') : fine();
}

/** What one process of loop-api is to have, and the primary of several (docs/decisions/workers.md). */
const megabytesEach = 160;
/** Without API_WORKERS at hand, as in loop-auth's container, more are hardly ever. */
const usualWorkers = 4;

/** Of one alone there is no line. */
export async function lookAtWorkers(
  { subject: { api, apiAddress } }: Pick<World, 'subject'>,
  memoryBytes = findMemory(),
): Promise<Finding | readonly Finding[]> {
  const workers = api?.workers ?? usualWorkers;
  if (workers === 1 || apiAddress === undefined || !(await isKnown(apiAddress))) return [];
  const needed = megabytesEach * (workers + 1);
  const memory = Math.floor(memoryBytes / 2 ** 20);
  const isShort = api !== undefined && memory < needed;
  const findings = [
    ...(isShort ? [warning('workersMemory', { workers, needed, memory })] : []),
    ...((await areEnding(apiAddress, workers)) ? [failure('workersEnding', { needed })] : []),
  ];
  if (findings.length > 0) return findings;
  return api === undefined ? [] : fine(String(workers));
}

/** What a container may take where it has a limit, else what the machine has. */
function findMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Each is asked in its turn; one that has just been started again knows of no end. */
async function areEnding(address: string, workers: number): Promise<boolean> {
  for (let turn = 0; turn < workers; turn += 1) {
    const { json } = await ask(`${address}/readyz`);
    if (json?.['workers'] === 'ending') return true;
  }
  return false;
}

/** What both say of themselves, asked directly, is what the settings here say. */
async function lookAtNames({ subject }: World): Promise<Finding> {
  const { resource, issuer, authAddress } = subject;
  if (issuer === undefined || authAddress === undefined) return elsewhere;
  const found = await askIssuer(authAddress, issuer);
  // Below another path than ours it answers nothing; then loop-api tells what it was given.
  const wrong = found === undefined || found === issuer ? await findOtherName(subject, issuer) : undefined;
  if (wrong) return wrong;
  if (found !== issuer) return otherName('loop-auth', 'AUTH_ISSUER', found ?? '?', issuer);
  const isMixed = isPlain(resource) !== isPlain(issuer) && !isTwoPlaces(resource, issuer);
  return isMixed ? failure('mixedSchemes', { resource, issuer }) : fine(issuer);
}

async function findOtherName(
  { resource, apiAddress }: Subject,
  issuer: string,
): Promise<Finding | undefined> {
  if (apiAddress === undefined || !(await isKnown(apiAddress))) return undefined;
  const described = await askDescription(apiAddress, resource);
  if (!described) return undefined;
  const server = String((described['authorization_servers'] as unknown[] | undefined)?.[0]);
  if (server !== issuer) return otherName('loop-api', 'AUTH_ISSUER', server, issuer);
  const name = String(described['resource']);
  return name === resource ? undefined : otherName('loop-api', 'API_RESOURCE', name, resource);
}

/** On this machine, where plain http is as good, one may be behind a proxy and the other not. */
function isTwoPlaces(resource: string, issuer: string): boolean {
  return [resource, issuer].every(isLoopback) && new URL(resource).host !== new URL(issuer).host;
}

const isPlain = (address: string): boolean => address.startsWith('http:');

function otherName(service: string, name: string, found: string, expected: string): Finding {
  return failure('otherName', { service, name, found, expected }, { how: differenceOf(found, expected) });
}

/** loop-auth answers below its own path only: where it has another than we think, the plain form tells. */
async function askIssuer(address: string, issuer: string): Promise<string | undefined> {
  const { host } = new URL(issuer);
  const forms = [
    `/.well-known/oauth-authorization-server${pathOf(issuer)}`,
    '/.well-known/openid-configuration',
  ];
  for (const form of forms) {
    const { json } = await ask(address + form, { headers: { Host: host } });
    if (typeof json?.['issuer'] === 'string') return json['issuer'];
  }
  return undefined;
}

/** As loop-api tells it to a client that came by the name that we expect. */
export async function askDescription(address: string, resource: string): Promise<Answer['json']> {
  const { pathname, host } = new URL(resource);
  for (const path of [pathname, '']) {
    const answer = await ask(`${address}/.well-known/oauth-protected-resource${path}`, {
      headers: { Host: host },
    });
    if (answer.status === 200 && answer.json) return answer.json;
  }
  return undefined;
}

async function lookAtCredential({ subject, environment }: World): Promise<Finding> {
  const { api, auth, issuer, authAddress } = subject;
  if (authAddress === undefined || issuer === undefined) return elsewhere;
  const secret = readSecret(subject, environment);
  if (secret instanceof Error) return failure('secretMissing', { message: secret.message });
  const id = api?.clientId ?? auth?.apiClientId ?? '';
  const encode = (part: string): string => new URLSearchParams({ '': part }).toString().slice(1);
  const credentials = Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64');
  const answer = await ask(`${authAddress}${pathOf(issuer)}/token/introspection`, {
    method: 'POST',
    headers: { Authorization: `Basic ${credentials}`, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'token=made-up-by-the-doctor',
  });
  if (answer.status === 401) return failure('secretWrong');
  if (answer.status === 200) return fine(id);
  return failure('serviceNotReady', { service: 'loop-auth', status: String(answer.status) });
}

/** The error says where it should be, and nothing of what it is. */
function readSecret({ api, auth }: Subject, environment: Environment): string | Error {
  try {
    if (api) return api.clientSecret.read();
    return auth?.apiClientSecret ?? readFileSync(auth?.apiClientSecretPath ?? '', 'utf8').trim();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const path = environment['API_CLIENT_SECRET_FILE'] || auth?.apiClientSecretPath || '';
    return new Error(code === undefined ? message : `${path} (${code})`, { cause });
  }
}

const pathOf = (issuer: string): string => new URL(issuer).pathname.replace(/\/$/, '');
