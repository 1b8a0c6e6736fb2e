// The common refresh, of an app without a secret that asks for no more than a new token, answered in front of the library; every
// other goes on to it as it came (docs/decisions/refresh-short-way.md).
import type { ParsedUrlQuery } from 'node:querystring';
import type { Middleware, ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import type { Adapter, KoaContextWithOIDC } from 'oidc-provider';
import { hashOpaque } from '../../../adapters/database/hash.ts';
import { currentUnit } from '../../../adapters/database/unit-of-work.ts';
import type { RefreshTokenAdapter } from '../../../adapters/models/refresh-token.ts';
import type { CallLimits } from '../../http/limits/calls.ts';
import type { Metrics } from '../../http/metrics.ts';
import { rememberRefreshed } from '../../timeline/observe.ts';
import { answerPlainForm, setHeaders } from '../peeked-body.ts';
import { type Exchange, type ExchangeParts, planExchange, type RefreshRequest } from './plain-exchange.ts';

export interface ShortRefreshParts extends ExchangeParts {
  readonly provider: Provider;
  readonly refreshTokens: Pick<RefreshTokenAdapter, 'findOwned' | 'consume' | 'upsert'>;
  readonly accessTokens: Pick<Adapter, 'upsert'>;
  readonly callLimits: Pick<CallLimits, 'admitRefresh'>;
  readonly metrics: Pick<Metrics, 'count'>;
}

// A token of ours has 43 signs; an app that describes itself is known by its address.
const mostBytes = 4096;
const plainToken = /^[\w-]{43}$/;
const mostProven = 1000;

/** Inside the request's unit of work: it is committed, refused or undone as the library's own would be. */
export function refreshShortly(parts: ShortRefreshParts): Middleware {
  const proof = createProof();
  return async (ctx, next) => {
    const isPlain = ctx.path === '/token' && ctx.method === 'POST' && ctx.headers.authorization === undefined;
    if (!isPlain) return next();
    let unproven: Candidate | undefined;
    const isAnswered = await answerPlainForm(ctx, mostBytes, async (fields) => {
      const asked = refreshIn(fields);
      const candidate = asked && (await find(parts, ctx, asked));
      if (candidate === 'failed') return true;
      if (candidate && !proof.holds(candidate)) unproven = candidate;
      return candidate !== undefined && candidate !== unproven && exchange(parts, ctx, candidate.plan);
    });
    if (isAnswered) return;
    await next();
    const { client } = (ctx as Partial<KoaContextWithOIDC>).oidc ?? {};
    if (unproven && ctx.status === 200 && client?.clientId === unproven.plan.clientId) proof.learn(unproven);
  };
}

interface Candidate {
  readonly plan: Exchange;
  /** The client as it is stored. */
  readonly client: string;
}

/**
 * Whether what is stored of a client is good, and lets it refresh without a secret, the library decides: what it took once it takes
 * again, as long as not a sign of it has changed. Forgotten with the process.
 */
function createProof() {
  const proven = new Map<string, string>();
  return {
    holds: ({ plan, client }: Candidate): boolean => proven.get(plan.clientId) === hashOpaque(client),
    learn: ({ plan, client }: Candidate): void => {
      if (proven.size >= mostProven) proven.clear();
      proven.set(plan.clientId, hashOpaque(client));
    },
  };
}

function refreshIn(fields: ParsedUrlQuery): RefreshRequest | undefined {
  const { grant_type: type, client_id: clientId, refresh_token: token, resource, ...others } = fields;
  if (type !== 'refresh_token' || typeof clientId !== 'string' || typeof token !== 'string') return undefined;
  if (Object.keys(others).length > 0 || Array.isArray(resource) || !plainToken.test(token)) return undefined;
  return { clientId, token, resource };
}

/** `failed` where it was answered that we failed; undefined where it is for the library to answer. */
async function find(
  parts: ShortRefreshParts,
  ctx: ParameterizedContext,
  asked: RefreshRequest,
): Promise<Candidate | 'failed' | undefined> {
  try {
    const found = await parts.refreshTokens.findOwned(asked.token);
    const plan = found && planExchange(parts, found, asked);
    return plan && found.client !== undefined ? { plan, client: found.client } : undefined;
  } catch (error) {
    setHeaders(ctx, 'token');
    parts.provider.emit('server_error', ctx as never, error as Error);
    return 'failed';
  }
}

/** False where it is for the library to refuse. */
async function exchange(
  { refreshTokens, accessTokens, callLimits, metrics }: ShortRefreshParts,
  ctx: ParameterizedContext,
  { token, refresh, access, answer, ...owner }: Exchange,
): Promise<boolean> {
  const successor = currentUnit()?.successor;
  if (successor === undefined) throw new Error('an exchange outside of a unit of work');
  if (!(await callLimits.admitRefresh(ctx, owner.clientId, owner.grantId))) return false;
  await refreshTokens.consume(token);
  await refreshTokens.upsert(successor, refresh.payload, refresh.seconds);
  await accessTokens.upsert(access.value, access.payload, access.seconds);
  setHeaders(ctx, 'token');
  ctx.body = answer(successor);
  rememberRefreshed(ctx, { ...owner, jti: owner.grantId });
  metrics.count('grant.success');
  return true;
}
