// The one place where an error becomes an answer: JSON for programs, a page for people, our own faults never the client's.
// The room: what every answer of loop-auth shares. Not who is asking: clients/, people/.
import type { EventEmitter } from 'node:events';
import type { Middleware, ParameterizedContext } from 'koa';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Logger } from 'pino';
import type { ErrorName } from '../../pages/words.ts';
import { HostUnavailable } from '../clients/hosts/host-unavailable.ts';
import { type ErrorData, errorPage } from '../pages/error.ts';
import { showPage } from './pages/frame.ts';
import { idsOf } from './trace.ts';
import { rememberRefused } from './trail.ts';

const pagePaths = /^\/(auth|device(?!\/auth$)|interaction|setup|account|connect|session|signin)(\/|$)/;
const retryAfterSeconds = 5;

// What an endpoint takes; the answer to another method says so.
const methodsOf: Readonly<Record<string, string>> = {
  '/auth': 'GET, POST',
  '/device': 'GET, POST',
  '/device/auth': 'POST',
  '/jwks': 'GET',
  '/me': 'GET, POST',
  '/reg': 'POST',
  '/session/end': 'GET, POST',
  '/token': 'POST',
  '/token/introspection': 'POST',
  '/token/revocation': 'POST',
};

/** Catches all that is thrown further in, and turns the library's `server_error` into an outage that may be retried. */
export function answerErrors(log: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      refuseUnanswered(ctx);
    } catch (error) {
      ctx.state['thrown'] = error;
      ctx.remove('Location');
      if (isClientFault(error)) answerFault(ctx, error);
      else answerOutage(ctx, error, log);
    }
  };
}

function refuseUnanswered(ctx: ParameterizedContext): void {
  if (ctx.state['failure'] !== undefined) throw ctx.state['failure'];
  if (ctx.status === 404 && ctx.body === undefined) answerNotFound(ctx);
}

/** Remembers what the library would answer as `server_error`, for `answerErrors` to answer in its place. */
export function rememberFailure(ctx: ParameterizedContext, error: Error): void {
  ctx.state['failure'] = error;
}

type Reword = (ctx: ParameterizedContext, error: ClientFault) => void;

// Told once the library has written its answer.
const rewordings: readonly (readonly [Reword, ...string[]])[] = [
  [
    answerTooLarge,
    'registration_create.error',
    'grant.error',
    'introspection.error',
    'revocation.error',
    'userinfo.error',
  ],
  [nameUnauthorized, 'grant.error', 'device_authorization.error'],
  [answerResourceServer, 'introspection.error'],
];

/** Has programs refused in the specifications' words, where the library has others: clients act by them. */
export function sayToPrograms(provider: EventEmitter): void {
  for (const [reword, ...events] of rewordings) for (const event of events) provider.on(event, reword);
}

/** Says of a body beyond the library's 56 KiB what is wrong with it, where the library only says that it can't be read. */
function answerTooLarge(ctx: ParameterizedContext, { cause }: Error): void {
  if ((cause as Error | undefined)?.message !== 'request entity too large') return;
  ctx.body = { error: 'invalid_request', error_description: 'the body is larger than 56 KiB' };
  ctx.status = 413;
}

/** RFC 6749 section 5.2 has a word of its own for a grant that is not the client's; RFC 8628 section 3.2 takes it over. */
function nameUnauthorized(ctx: ParameterizedContext, error: ClientFault): void {
  const { error_description: description = '' } = error;
  if (/ is not allowed for this client$/.test(description))
    ctx.body = { error: 'unauthorized_client', error_description: description };
}

function answerResourceServer(ctx: ParameterizedContext, error: ClientFault): void {
  const { error_description: description } = error;
  if (error.error === 'unsupported_token_type') {
    // A resource server meets anybody's tokens; what is none of ours is inactive (RFC 7662 section 2.2).
    ctx.status = 200;
    ctx.body = { active: false };
  } else if (description === 'no client authentication mechanism provided') {
    // RFC 7662 section 2.3 with RFC 6749 section 5.2.
    ctx.status = 401;
    ctx.set('WWW-Authenticate', 'Basic realm="loop-auth"');
    ctx.body = { error: 'invalid_client', error_description: description };
  }
}

/** The library's hook for a person's page; programs that merely accept HTML get JSON all the same. */
export async function renderError(
  ctx: KoaContextWithOIDC,
  out: { error: string; error_description?: string | undefined },
  error: Error,
): Promise<void> {
  if (!pagePaths.test(ctx.path)) {
    ctx.body = out;
    return;
  }
  const { error: code, error_description: description } = out;
  rememberRefused(ctx, code);
  showError(ctx, { about: aboutOf(error), detail: sayInProtocol(code, description) });
}

function showError(ctx: ParameterizedContext, data: ErrorData): void {
  const values = { ...data.values, minutes: Math.ceil(Number(ctx.response.get('Retry-After')) / 60) };
  // What a refused request asked for as the way on is not repeated, not even in a link of our own.
  const isSwitched = !ctx.querystring.includes('redirect_uri');
  showPage(ctx, errorPage, { ...data, values, requestId: ctx.state['requestId'] }, { isSwitched });
}

/** Remembers that the library refused an authorization request, for `keepWithUnknownApps`. */
export function rememberRefusal(ctx: ParameterizedContext, error: Error): void {
  ctx.state['refusal'] = error;
}

/**
 * A refused authorization request is answered by sending the person to the app, before any page of ours was seen.
 * Anybody can register an app, so without this our address would lead anywhere (RFC 9700 section 4.11.2): where
 * nobody has let the app in yet, the person gets a page. A person who was asked and said no is sent back as ever.
 */
export function keepWithUnknownApps(mayRedirectUnseen: (clientId: string) => Promise<boolean>): Middleware {
  return async (ctx, next) => {
    await next();
    const { refusal } = ctx.state as { refusal?: ClientFault };
    if (!refusal || ctx.path !== '/auth') return;
    const { client } = (ctx as unknown as KoaContextWithOIDC).oidc;
    if (!client || !(await mayRedirectUnseen(client.clientId))) answerRefusal(ctx, refusal);
  };
}

function answerRefusal(ctx: ParameterizedContext, error: ClientFault): void {
  ctx.remove('Location');
  ctx.status = error.status >= 400 ? error.status : 400;
  const code = error.error ?? error.message;
  rememberRefused(ctx, code);
  const refused = /^(login|consent|interaction)_required$/.test(code) ? 'silentRefused' : 'requestRefused';
  const { client } = (ctx as unknown as KoaContextWithOIDC).oidc;
  showError(ctx, {
    about: knownName(error) ?? (client ? refused : 'badRequest'),
    detail: sayInProtocol(code, error.error_description),
  });
}

interface ClientFault extends Error {
  readonly status: number;
  readonly error?: string;
  readonly error_description?: string;
  /** Of our own refusals, the page that says it. */
  readonly about?: ErrorData['about'];
  readonly values?: ErrorData['values'];
}

// Koa's and the body parser's errors say with `expose` that they are about the request.
function isClientFault(error: unknown): error is ClientFault {
  const { status, expose } = error as { status?: number; expose?: boolean };
  return error instanceof Error && expose === true && status !== undefined && status < 500;
}

function answerFault(ctx: ParameterizedContext, error: ClientFault): void {
  ctx.status = error.status;
  if (pagePaths.test(ctx.path)) {
    const { about, values = {}, message } = error;
    rememberRefused(ctx, error.error ?? about ?? 'invalid_request');
    const detail = about === undefined ? sayInProtocol(error.error ?? 'invalid_request', message) : undefined;
    showError(ctx, { about: about ?? aboutOf(error), values, detail });
    return;
  }
  ctx.body = {
    error: error.error ?? 'invalid_request',
    error_description: error.error_description ?? error.message,
  };
}

/** RFC 6749 has no word for an outage at the token endpoint; this one of section 4.1.2.1 is what clients retry on. */
function answerOutage(ctx: ParameterizedContext, error: unknown, log: Logger): void {
  const isElsewhere = error instanceof HostUnavailable;
  log[isElsewhere ? 'warn' : 'error'](
    { err: error, ...idsOf(ctx.state), route: ctx.path.split('/')[1] },
    'request failed',
  );
  // What they stand for was not stored: a browser keeps the cookies that it has.
  ctx.remove('Set-Cookie');
  ctx.status = 503;
  ctx.set('Retry-After', String(retryAfterSeconds));
  ctx.set('Cache-Control', 'no-store');
  if (pagePaths.test(ctx.path)) {
    showError(ctx, { about: isElsewhere ? 'appAway' : 'outage' });
  } else {
    ctx.body = { error: 'temporarily_unavailable', error_description: 'try again in a few seconds' };
  }
}

function answerNotFound(ctx: ParameterizedContext): void {
  const methods = methodsOf[ctx.path];
  if (methods !== undefined && !methods.split(', ').includes(ctx.method)) {
    ctx.set('Allow', methods);
    ctx.body = { error: 'invalid_request', error_description: `use ${methods.replace(', ', ' or ')} here` };
    ctx.status = 405;
    return;
  }
  const isPage = pagePaths.test(ctx.path) || ctx.accepts('json', 'html') === 'html';
  if (isPage) showPage(ctx, errorPage, { about: 'notFound' });
  else ctx.body = { error: 'not_found', error_description: 'there is nothing at this address' };
  ctx.status = 404;
}

function sayInProtocol(code: string, description: string | undefined): string {
  return description === undefined || description === code ? code : `${code}: ${description}`;
}

function aboutOf(error: Error): ErrorName {
  const { status } = error as { status?: number };
  if (status === 413) return 'tooLarge';
  if (status === 429) return 'tooMany';
  return knownName(error) ?? 'badRequest';
}

function knownName(error: Error): ErrorName | undefined {
  if (error instanceof errors.InvalidClient) return 'clientGone';
  if (error instanceof errors.SessionNotFound) return 'signInOver';
  if (error instanceof errors.InvalidRedirectUri) return 'redirectElsewhere';
  return undefined;
}
