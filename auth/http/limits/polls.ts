// How often a terminal may ask whether it was let in, and what it is answered meanwhile.
import Provider, { type Adapter, errors } from 'oidc-provider';
import { wrapAdapter } from '../../wrapped-adapter.ts';
import type { Limits } from './limits.ts';

/** In front of the adapter of device codes: `slow_down` where one polls faster than it was told (RFC 8628 section 3.5). */
export function pacingPolls(codes: Adapter, { polls }: Pick<Limits, 'polls'>): Adapter {
  return wrapAdapter(codes, {
    find: async (id) => {
      const code = await codes.find(id);
      const isPending = code && !code.accountId && !code.error && Number(code.exp) > Date.now() / 1000;
      if (!isPending || Provider.ctx?.oidc?.route !== 'token') return code;
      if ((await polls.ofCode.take(id)) !== undefined) throw new errors.SlowDown();
      return code;
    },
  });
}

/** Whether a terminal was answered that it has to wait: nothing was refused. */
export function isWaiting(error: unknown): boolean {
  const { error: code } = Object(error) as { error?: unknown };
  return code === 'authorization_pending' || code === 'slow_down';
}
