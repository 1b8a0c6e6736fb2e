// The one place where an error becomes an answer: JSON for programs, a page for people, our own faults never the client's.
// The room: what every answer of loop-auth shares. Not who is asking: clients/, people/.
import type { Middleware, ParameterizedContext } from 'koa';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Logger } from 'pino';
import { HostUnavailable } from '../clients/hosts/host-unavailable.ts';
import { errorPage } from '../pages/pages.ts';

const pagePaths = /^\/(auth|interaction|setup|account|session)(\/|$)/;
const retryAfterSeconds = 5;

interface Words {
  readonly title: string;
  readonly message: string;
  readonly hint?: string;
}

const clientGone: Words = {
  title: 'This app is not known here',
  message: 'The app that sent you has no registration on this server, or not any more.',
  hint: 'In the app, remove this connector and add it again: it then registers anew.',
};
const signInOver: Words = {
  title: 'This sign-in is over',
  message: 'It was finished or stopped before, it took longer than an hour, or it began in another browser.',
  hint: 'Go back to the app and connect again.',
};
const outage: Words = {
  title: 'Not available for a moment',
  message: 'The server could not do that just now. Nothing was changed and nothing was lost.',
  hint: 'Try again in a few seconds.',
};
const appAway: Words = {
  title: 'This app can’t be checked just now',
  message: 'The address where the app describes itself did not answer as it should. Nothing was changed.',
  hint: 'Try again in a minute. If it stays like this, the app’s maker has to mend it.',
};
// What an endpoint takes; the answer to another method says so.
const methodsOf: Readonly<Record<string, string>> = {
  '/auth': 'GET, POST',
  '/jwks': 'GET',
  '/me': 'GET, POST',
  '/reg': 'POST',
  '/session/end': 'GET, POST',
  '/token': 'POST',
  '/token/introspection': 'POST',
  '/token/revocation': 'POST',
};
const notFound: Words = { title: 'Nothing here', message: 'There is no page at this address.' };

/** Catches all that is thrown further in, and turns the library's `server_error` into an outage that may be retried. */
export function answerErrors(log: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      refuseUnanswered(ctx);
    } catch (error) {
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

/** Says of a body beyond the library's 56 KiB what is wrong with it, where the library only says that it can't be read. */
export function answerTooLarge(ctx: ParameterizedContext, { cause }: Error): void {
  if ((cause as Error | undefined)?.message !== 'request entity too large') return;
  ctx.body = { error: 'invalid_request', error_description: 'the body is larger than 56 KiB' };
  ctx.status = 413;
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
  ctx.type = 'html';
  ctx.body = errorPage({ ...wordsFor(error, out.error_description), requestId: ctx.state['requestId'] });
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
  ctx.type = 'html';
  ctx.status = error.status >= 400 ? error.status : 400;
  const words = knownWords(error) ?? notSentBack(error.error ?? error.message, error.error_description);
  ctx.body = errorPage({ ...words, requestId: ctx.state['requestId'] });
}

interface ClientFault extends Error {
  readonly status: number;
  readonly error?: string;
  readonly error_description?: string;
}

// Koa's and the body parser's errors say with `expose` that they are about the request.
function isClientFault(error: unknown): error is ClientFault {
  const { status, expose } = error as { status?: number; expose?: boolean };
  return error instanceof Error && expose === true && status !== undefined && status < 500;
}

function answerFault(ctx: ParameterizedContext, error: ClientFault): void {
  ctx.status = error.status;
  if (pagePaths.test(ctx.path)) {
    ctx.type = 'html';
    ctx.body = errorPage({ ...wordsFor(error, error.message), requestId: ctx.state['requestId'] });
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
    { err: error, requestId: ctx.state['requestId'], route: ctx.path.split('/')[1] },
    'request failed',
  );
  // What they stand for was not stored: a browser keeps the cookies that it has.
  ctx.remove('Set-Cookie');
  ctx.status = 503;
  ctx.set('Retry-After', String(retryAfterSeconds));
  ctx.set('Cache-Control', 'no-store');
  if (pagePaths.test(ctx.path)) {
    ctx.type = 'html';
    ctx.body = errorPage({ ...(isElsewhere ? appAway : outage), requestId: ctx.state['requestId'] });
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
  if (isPage) ctx.type = 'html';
  const nothing = { error: 'not_found', error_description: 'there is nothing at this address' };
  ctx.body = isPage ? errorPage(notFound) : nothing;
  ctx.status = 404;
}

function wordsFor(error: Error, description: string | undefined): Words {
  return (
    knownWords(error) ?? { title: 'That did not work', message: description ?? 'The request is not valid.' }
  );
}

function notSentBack(error: string, description: string | undefined): Words {
  const reason = description === undefined ? error : `${error}: ${description}`;
  const asked = /^(login|consent|interaction)_required$/.test(error)
    ? 'to be let in without your being asked'
    : 'for something that this server does not do';
  return {
    title: 'This app could not be let in',
    message: `It asked ${asked} (${reason}). Nobody has let this app in yet, so you were not sent on to it.`,
    hint: 'If you did not come here from an app that you use, close this page. Else connect again from the app; if it stays like this, the app’s maker has to mend it.',
  };
}

function knownWords(error: Error): Words | undefined {
  if (error instanceof errors.InvalidClient) return clientGone;
  if (error instanceof errors.SessionNotFound) return signInOver;
  if (error instanceof errors.InvalidRedirectUri) {
    return {
      title: 'The app asked to send you somewhere else',
      message: 'The address to return to is not one that this app has registered, so nothing was sent there.',
      hint: 'In the app, remove this connector and add it again.',
    };
  }
  return undefined;
}
