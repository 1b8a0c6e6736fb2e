// Errors between the processes of one loop-api: what a caller can mend comes through, what failed is for the log of where it did.
import type { Logger } from 'pino';
import { type RefusalOptions, RequestRefused } from '../http/errors.ts';
import { recallRefusal, type ToldRefusal, tellRefusal } from '../vault/elsewhere/refusals.ts';
import type { FailureCodec } from './peers.ts';

type Told =
  | { kind: 'vault'; refusal: ToldRefusal }
  | { kind: 'request'; refusal: RefusalOptions }
  | { kind: 'failure' };

export function createFailureCodec(logger: Logger): FailureCodec {
  return {
    encode: (error): Told => {
      const refusal = tellRefusal(error);
      if (refusal !== undefined) return { kind: 'vault', refusal };
      if (error instanceof RequestRefused) {
        const { cause: _, ...rest } = error.options;
        return { kind: 'request', refusal: rest };
      }
      logger.error({ err: error }, 'what another worker asked for failed');
      return { kind: 'failure' };
    },
    decode: (told): Error => {
      const known = told as Told;
      if (known.kind === 'vault') return recallRefusal(known.refusal);
      if (known.kind === 'request') return new RequestRefused(known.refusal);
      return new Error('another worker failed; its log line is before this one');
    },
  };
}
