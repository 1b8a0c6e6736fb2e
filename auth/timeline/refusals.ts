// What a resource server tells of calls that it refused, and of the first one with each token.
import { z } from 'zod';
import type { CauseName } from '../../pages/words.ts';
import type { Sighting } from './sighting.ts';

const outcomes: Readonly<Record<string, Pick<Sighting, 'step' | 'cause'>>> = {
  called: { step: 'called' },
  no_token: { step: 'knocked' },
  token_misplaced: failed('tokenMisplaced'),
  token_refused: failed('tokenRefused'),
  scope_missing: failed('scopeMissing'),
  origin_refused: failed('originRefused'),
  host_refused: failed('hostRefused'),
  method_refused: failed('callMethod'),
  type_refused: failed('callType'),
  too_large: failed('callTooLarge'),
  invalid: failed('callInvalid'),
};

function failed(cause: CauseName): Pick<Sighting, 'step' | 'cause'> {
  return { step: 'called', cause };
}

/** As long as a client's id may be that is the address of a document. */
const id = z
  .string()
  .max(2048)
  .regex(/^[\x21-\x7e]+$/);

const toldSchema = z.object({
  resource: z.string(),
  calls: z
    .array(
      z.object({
        outcome: z.enum(Object.keys(outcomes)),
        secondsAgo: z.int().min(0).max(3600),
        count: z.int().min(1).max(1_000_000).default(1),
        address: z.string().max(64),
        forwardedFor: z.string().max(400).optional(),
        clientId: id.optional(),
        subject: id.max(64).optional(),
        code: z
          .string()
          .regex(/^[\w-]{1,64}$/)
          .optional(),
      }),
    )
    .max(100),
});

type ToldCalls = z.infer<typeof toldSchema>;

/** What may be sent, as a JSON Schema. */
export function describeToldCalls(): object {
  return z.toJSONSchema(toldSchema, { io: 'input' });
}

/** Reads what was sent. Throws TypeError whose message names each field that is wrong. */
export function parseToldCalls(body: unknown): ToldCalls {
  const { success, data, error } = toldSchema.safeParse(body);
  if (success) return data;
  const faults = error.issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new TypeError(faults.join('; '));
}

/** `network` is where the call came from, `now` in epoch seconds. */
export function sightingOfCall(call: ToldCalls['calls'][number], network: string, now: number): Sighting {
  const { clientId, subject: accountId, code, count } = call;
  const what = outcomes[call.outcome] ?? failed('callInvalid');
  return { ...what, at: now - call.secondsAgo, network, clientId, accountId, code, count };
}
