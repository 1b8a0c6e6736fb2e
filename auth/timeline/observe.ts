// What each request tells of a try to connect: looked at once it is answered, and kept in memory.
import { hash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Middleware, ParameterizedContext } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { calmGrants } from '../../adapters/bounds.ts';
import { epochSeconds } from '../../adapters/database/time.ts';
import { rowKeyOf } from '../../adapters/models/device-code.ts';
import type { StepName } from '../../adapters/stores/timeline/tries.ts';
import { networkOf } from '../http/limits/network.ts';
import { isWaiting } from '../http/limits/polls.ts';
import { causeOf, findRefusal } from './causes.ts';
import type { Recorder } from './recorder.ts';
import type { Sighting } from './sighting.ts';

type See = Pick<Recorder, 'see'>;
type Oidc = Partial<KoaContextWithOIDC['oidc']>;

/** Whose sign-in a page is about; said in `ctx.state` by who knows (people/turn.ts). */
export interface Asking {
  readonly clientId: string;
  readonly request: string;
}

/** One authorization request by what its app chose for it, so that it is the same one on every page. */
function requestOf(parameters: Readonly<Record<string, unknown>> = {}): string {
  const { client_id: client, state, code_challenge: challenge, redirect_uri: uri, nonce } = parameters;
  return hash('sha256', JSON.stringify([client, state, challenge, uri, nonce]), 'base64url').slice(0, 22);
}

/** The same of a terminal, by what its device code is stored under. */
function requestOfDevice(deviceCode: string): string {
  return rowKeyOf(deviceCode).slice(0, 22);
}

export function rememberAsking(
  ctx: ParameterizedContext,
  parameters: Readonly<Record<string, unknown>>,
  deviceCode?: string,
): void {
  const request = deviceCode === undefined ? requestOf(parameters) : requestOfDevice(deviceCode);
  ctx.state['asking'] = { clientId: String(parameters['client_id']), request };
}

/** The library says with these what it refuses a program for. */
export function rememberTold(provider: EventEmitter): void {
  for (const event of ['device_authorization.error', 'grant.error', 'registration_create.error']) {
    provider.on(event, (ctx: ParameterizedContext, error: Error) => {
      ctx.state['told'] = error;
    });
  }
}

/** In front of what turns errors into answers. */
export function observeTries(recorder: See): Middleware {
  // A grant is called for again and again; that it was is told once.
  const called = new Set<string>();
  return async (ctx, next) => {
    await next();
    if (ctx.path === '/token/introspection') seeCall(recorder, ctx, called);
    else observers.find(([path]) => path.test(ctx.path))?.[1](recorder, ctx);
  };
}

/** What a resource server was asked with is none of its tokens: of another resource, or not for calling with. */
export function rememberMisdirected(ctx: ParameterizedContext): void {
  ctx.state['misdirected'] = true;
}

type Called = Pick<
  NonNullable<KoaContextWithOIDC['oidc']['entities']['Grant']>,
  'jti' | 'clientId' | 'accountId'
>;

/** Whose token it was, where the library was not asked. */
export function rememberCalled(ctx: ParameterizedContext, grant: Called): void {
  ctx.state['called'] = grant;
}

/** Whose token was refreshed, where the library was not asked. */
export function rememberRefreshed(ctx: ParameterizedContext, grant: Called): void {
  ctx.state['refreshed'] = grant;
}

function seeCall({ see }: See, ctx: ParameterizedContext, called: Set<string>): void {
  const grant = (ctx.state['called'] as Called | undefined) ?? oidcOf(ctx).entities?.Grant;
  if (!grant) return;
  const { clientId, accountId, jti: grantId } = grant;
  // Whose network it is, loop-api knows.
  const seen: Sighting = {
    step: 'called',
    at: epochSeconds(),
    network: 'none',
    clientId,
    accountId,
    grantId,
  };
  if (ctx.state['misdirected'] === true) see({ ...seen, cause: 'tokenMisdirected' });
  if ((ctx.body as { active?: boolean } | undefined)?.active !== true || called.has(grant.jti)) return;
  if (called.size >= calmGrants) called.clear();
  called.add(grant.jti);
  see(seen);
}

const observers: ReadonlyArray<
  readonly [path: RegExp, observe: (see: See, ctx: ParameterizedContext) => void]
> = [
  [/^\/\.well-known\/(oauth-authorization-server|openid-configuration)/, seeDiscovery],
  [/^\/reg$/, seeRegistration],
  [/^\/auth(\/|$)/, seeAuthorization],
  [/^\/device\/auth$/, seeDevice],
  [/^\/device$/, seeUserCode],
  [/^\/interaction\//, seeSignIn],
  [/^\/token$/, seeToken],
];

const oidcOf = (ctx: ParameterizedContext): Oidc => (ctx as unknown as { oidc?: Oidc }).oidc ?? {};

function seenOf(ctx: ParameterizedContext, step: StepName): Sighting {
  const { client } = oidcOf(ctx);
  return { step, at: epochSeconds(), network: networkOf(ctx.state['address']), clientId: client?.clientId };
}

const codeOf = (ctx: ParameterizedContext): string => String(ctx.state['requestId']);

function seeDiscovery({ see }: See, ctx: ParameterizedContext): void {
  // loop-api finds its loop-auth in the same way.
  if (ctx.status === 200 && ctx.method === 'GET' && !ctx.get('User-Agent').startsWith('loop-api')) {
    see(seenOf(ctx, 'found'));
  }
}

function seeRegistration({ see }: See, ctx: ParameterizedContext): void {
  if (ctx.method !== 'POST') return;
  const refusal = findRefusal(ctx);
  const seen = seenOf(ctx, 'described');
  const { client_id: clientId } = (ctx.body ?? {}) as { client_id?: string };
  if (refusal) see({ ...seen, cause: causeOf('registration', refusal), code: codeOf(ctx) });
  else see({ ...seen, clientId: seen.clientId ?? clientId });
}

function seeAuthorization({ see }: See, ctx: ParameterizedContext): void {
  const { params, entities } = oidcOf(ctx);
  const seen = { ...seenOf(ctx, 'asked'), request: seenOf(ctx, 'asked').clientId && requestOf(params) };
  const refusal = findRefusal(ctx);
  const isDenied = (refusal?.thrown as { error?: string } | undefined)?.error === 'access_denied';
  if (refusal && !isDenied) see({ ...seen, cause: causeOf('authorization', refusal), code: codeOf(ctx) });
  else if (ctx.path === '/auth' && !refusal) see(seen);
  const grantId = entities?.AuthorizationCode?.grantId;
  const accountId = entities?.Session?.accountId ?? entities?.Account?.accountId;
  if (!refusal && grantId !== undefined) see({ ...seen, step: 'allowed', grantId, accountId });
}

function seeDevice({ see }: See, ctx: ParameterizedContext): void {
  if (ctx.method !== 'POST') return;
  const { DeviceCode: code } = oidcOf(ctx).entities ?? {};
  const seen = { ...seenOf(ctx, 'codeShown'), request: code && requestOfDevice(String(code.jti)) };
  const refusal = findRefusal(ctx);
  if (refusal) see({ ...seen, cause: causeOf('authorization', refusal), code: codeOf(ctx) });
  else see(seen);
}

/** Only what belongs to a terminal: whose code is wrong is nobody's try. */
function seeUserCode({ see }: See, ctx: ParameterizedContext): void {
  const { DeviceCode: code } = oidcOf(ctx).entities ?? {};
  if (!code || findRefusal(ctx)) return;
  const { clientId } = code;
  const seen = { ...seenOf(ctx, 'codeEntered'), clientId, request: requestOfDevice(String(code.jti)) };
  see(code.error === undefined ? seen : { ...seen, cause: 'denied' });
}

function seeSignIn({ see }: See, ctx: ParameterizedContext): void {
  const { asking } = ctx.state as { asking?: Asking };
  const seen = { ...seenOf(ctx, 'signInShown'), ...asking };
  const refusal = findRefusal(ctx);
  // Wrong passwords and answers that are shown again are told as such.
  if (refusal && refusal.thrown === undefined) return;
  if (refusal) see({ ...seen, cause: causeOf('signIn', refusal), code: codeOf(ctx) });
  else if (ctx.method === 'GET' && ctx.status === 200) see(seen);
}

function seeToken({ see }: See, ctx: ParameterizedContext): void {
  const refreshed = ctx.state['refreshed'] as Called | undefined;
  if (!refreshed) {
    seeAnswered({ see }, ctx);
    return;
  }
  const { jti: grantId, clientId, accountId } = refreshed;
  see({ ...seenOf(ctx, 'refreshed'), clientId, grantId, accountId });
}

/** What the library answered. */
function seeAnswered({ see }: See, ctx: ParameterizedContext): void {
  const { params, entities } = oidcOf(ctx);
  const isRefresh = params?.['grant_type'] === 'refresh_token';
  const source = isRefresh ? entities?.RefreshToken : (entities?.AuthorizationCode ?? entities?.DeviceCode);
  const grantId = source?.grantId ?? entities?.Grant?.jti;
  const accountId = source?.accountId ?? entities?.Grant?.accountId;
  const seen = { ...seenOf(ctx, isRefresh ? 'refreshed' : 'tokenGiven'), grantId, accountId };
  const refusal = findRefusal(ctx);
  // A terminal that asks whether it was let in.
  if (isWaiting(refusal)) return;
  if (refusal) see({ ...seen, cause: causeOf(isRefresh ? 'refresh' : 'code', refusal), code: codeOf(ctx) });
  else see(seen);
}
