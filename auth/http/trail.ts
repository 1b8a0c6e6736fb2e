// What happened to accounts, apps and connections: a line in the log and a count in the metrics for each.
import type { Logger } from 'pino';
import { currentUnit } from '../../adapters/database/unit-of-work.ts';
import type { Metrics } from './metrics.ts';

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
  | 'sessions.revoked';
type Bad = 'sign_in.failed' | 'sign_in.locked_out' | 'refresh_token.reissued' | 'refresh_token.replayed';

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

export function createTrail(log: Logger, metrics: Pick<Metrics, 'count'>): Trail {
  const write = (level: 'info' | 'warn', ctx: Asked | undefined, event: Good | Bad, facts: Facts): void => {
    metrics.count(event);
    const { address, requestId } = ctx?.state ?? {};
    // fail2ban reads event and address of these lines (docs/nas.md).
    log[level]({ event, ...facts, address, requestId }, 'trail');
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
