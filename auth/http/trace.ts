// What the log calls a request: by an id of our own, and by those under which whoever asked knows it (W3C Trace Context).
import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';

const traceparent =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.{0,200})?$/;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * For lines of the log. `traceId` and `callerRequestId` are what the request says of itself: nothing is decided by them.
 */
export interface RequestIds {
  requestId?: string;
  traceId?: string | undefined;
  callerRequestId?: string | undefined;
}

/** Sets the header X-Request-Id. */
export const identifyRequest: Middleware = (ctx, next) => {
  const ids = {
    requestId: randomUUID(),
    traceId: traceparent.exec(ctx.get('traceparent'))?.[1],
    callerRequestId: uuid.exec(ctx.get('X-Request-Id'))?.[0],
  } satisfies RequestIds;
  Object.assign(ctx.state, ids);
  ctx.set('X-Request-Id', ids.requestId);
  return next();
};

/** Undefined where there is no request. */
export function idsOf(state: Readonly<Record<string, unknown>> | undefined): RequestIds {
  const { requestId, traceId, callerRequestId } = (state ?? {}) as RequestIds;
  return { ...(requestId && { requestId }), traceId, callerRequestId };
}
