// What happened to accounts, apps and connections: a line in the log and a count in the metrics for each.
import type { Middleware, ParameterizedContext } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Logger } from 'pino';
import { currentUnit } from '../../adapters/database/unit-of-work.ts';
import { isWaiting } from './limits/polls.ts';
import type { Metrics } from './metrics.ts';
import { idsOf } from './trace.ts';

/** Nothing that a person typed is in it: names by their ids only. */
interface Facts {
  readonly accountId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly grantId?: string | undefined;
  /** One word. */
  readonly reason?: string;
}

type Good =
  | 'sign_in.succeeded'
  | 'account.created'
  | 'account.password_set'
  | 'account.disabled'
  | 'account.enabled'
  | 'client.created'
  | 'client.updated'
  | 'client.secret_rotated'
  | 'client.deleted'
  | 'client.registered'
  | 'client.document_read'
  | 'consent.allowed'
  | 'consent.denied'
  | 'connection.revoked'
  | 'connection.narrowed'
  | 'access_key.created'
  | 'access_key.used'
  | 'access_key.revoked'
  | 'sessions.revoked'
  | 'backup.restored'
  | 'codes.turned_on'
  | 'codes.turned_off'
  | 'recovery_codes.made'
  | 'passkey.added'
  | 'passkey.removed'
  | 'upstream.linked'
  | 'upstream.unlinked'
  | 'factors.reset';
type Refused = 'registration.refused' | 'authorization.refused' | 'token.refused' | 'request.refused';
type Bad =
  | 'sign_in.failed'
  | 'sign_in.locked_out'
  | 'refresh_token.reissued'
  | 'refresh_token.replayed'
  | Refused;

/** Whose request it is; pinned-origin.ts and app.ts write the state. */
interface Asked {
  readonly state: Readonly<Record<string, unknown>>;
}

export interface Trail {
  /** Told once it is true: with the commit of the request that it is about, where there is one. */
  readonly tell: (ctx: Asked | undefined, event: Good, facts: Facts) => void;
  /** Told at once, also where the request is refused; as a warning. */
  readonly warn: (ctx: Asked | undefined, event: Bad, facts: Facts) => void;
}

/** What is told of, and of whose request. */
export interface Told {
  readonly event: Good | Bad;
  readonly facts: Facts;
  readonly state?: Readonly<Record<string, unknown>> | undefined;
}

/** Its lines have `audit: true` and come whatever LOG_LEVEL leaves of the others, so that both can be kept apart. */
export function createTrail(
  log: Logger,
  metrics: Pick<Metrics, 'count'>,
  hear: (told: Told) => void = () => {},
): Trail {
  const audit = log.child({ audit: true }, { level: 'info' });
  const write = (level: 'info' | 'warn', ctx: Asked | undefined, event: Good | Bad, facts: Facts): void => {
    metrics.count(event);
    const state = ctx?.state;
    hear({ event, facts, state });
    // fail2ban reads event and address of these lines (docs/fail2ban/).
    audit[level]({ event, ...facts, address: state?.['address'], ...idsOf(state) }, 'trail');
  };
  return {
    tell: (ctx, event, facts) => {
      const unit = currentUnit();
      if (unit) unit.afterCommit(() => write('info', ctx, event, facts), false);
      else write('info', ctx, event, facts);
    },
    warn: (ctx, event, facts) => write('warn', ctx, event, facts),
  };
}

/** What an error page shows a code for: said in `ctx.state`, for the line in which whoever runs the server finds it. */
export function rememberRefused(ctx: ParameterizedContext, code: string): void {
  ctx.state['refused'] = code;
}

const endpoints: Readonly<Record<string, Refused>> = {
  'POST /device/auth': 'authorization.refused',
  'POST /reg': 'registration.refused',
  'POST /token': 'token.refused',
};

/** A line for each registration, authorization and token that is refused, and for every page that shows a code. */
export function tellRefusals(trail: Pick<Trail, 'warn'>): Middleware {
  return async (ctx, next) => {
    await next();
    const reason = refusedFor(ctx);
    if (reason === undefined) return;
    const event = /^\/(auth|device)(\/|$)/.test(ctx.path) ? 'authorization.refused' : endpointOf(ctx);
    // Of a client that there is: another value could be anything that was typed.
    const { oidc } = ctx as Partial<KoaContextWithOIDC>;
    trail.warn(ctx, event ?? 'request.refused', { clientId: oidc?.client?.clientId, reason });
  };
}

const endpointOf = ({ method, path }: ParameterizedContext): Refused | undefined =>
  endpoints[`${method} ${path}`];

/** The error's code where the request was refused. An outage is logged by itself, with the same code to find it by. */
function refusedFor(ctx: ParameterizedContext): string | undefined {
  if (ctx.status >= 500) return undefined;
  const { refused, refusal } = ctx.state as { refused?: string; refusal?: { error?: string } };
  const answered = ctx.status >= 400 && endpointOf(ctx) !== undefined ? ctx.body : refusal;
  const { error } = (answered ?? {}) as { error?: unknown };
  const code = refused ?? error;
  // Whoever said no is told as such.
  const isUntold = code === undefined || code === 'access_denied' || isWaiting({ error: code });
  return isUntold ? undefined : wordOf(code);
}

function wordOf(code: unknown): string {
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : 'other';
}
