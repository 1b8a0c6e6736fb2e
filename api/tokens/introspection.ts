// What loop-auth says of a token: RFC 7662 introspection over the wire to it (wire/). Caching is in introspection-cache.ts, our rules in verifier.ts.
import { z } from 'zod';
import type { ClientSecret } from '../config.ts';
import { traceHeaders } from '../http/trace.ts';
import { basicAuthorization, readSecret } from './credential.ts';
import { findIntrospectionEndpoint } from './discovery.ts';
import { AuthorizationServerUnreachable, IntrospectionFailed } from './introspection-errors.ts';
import { type Answer, openWire, type Wire } from './wire/wire.ts';

export interface ActiveToken {
  active: true;
  tokenType: string | undefined;
  audience: readonly string[];
  issuer: string | undefined;
  /** Epoch seconds. */
  expiresAt: number | undefined;
  subject: string | undefined;
  clientId: string | undefined;
  /** As people know them, where loop-auth says so; the client gave itself its own. */
  clientName?: string;
  username?: string;
  scopes: readonly string[];
  /** RFC 9396, as they came; undefined where there are none. */
  authorizationDetails?: unknown;
}

/** `formerly`: what it was while it was known. */
export type Introspection = ActiveToken | { active: false; formerly?: ActiveToken };

export interface Introspector {
  /** Throws AuthorizationServerUnreachable or IntrospectionFailed. */
  introspect(token: string): Promise<Introspection>;
  close(): Promise<void>;
}

export interface IntrospectorOptions {
  issuer: string;
  authOrigin: string;
  clientId: string;
  clientSecret: ClientSecret;
  timeoutMs?: number;
}

const responseSchema = z.discriminatedUnion('active', [
  z.object({ active: z.literal(false) }),
  z.object({
    active: z.literal(true),
    token_type: z.string().optional(),
    aud: z.union([z.string(), z.array(z.string())]).optional(),
    iss: z.string().optional(),
    exp: z.number().optional(),
    sub: z.string().optional(),
    client_id: z.string().optional(),
    client_name: z.string().optional(),
    username: z.string().optional(),
    scope: z.string().optional(),
    // whatever it is: what can't be understood gives nothing (authorization-details.ts)
    authorization_details: z.unknown().optional(),
  }),
]);

// loop-auth's tokens have 43 characters; room for another issuer's, none for a flood of long ones
const TOKEN_MAX_LENGTH = 512;

/** False for what no opaque token of ours can be (RFC 6750, section 2.1, b64token): answered without asking. */
function isPossibleToken(token: string): boolean {
  return token.length <= TOKEN_MAX_LENGTH && /^[A-Za-z0-9\-._~+/]+=*$/.test(token);
}

/** Holds connections until close. */
export function openIntrospector(options: IntrospectorOptions): Introspector {
  // introspection answers are a few hundred bytes, metadata a few thousand; a grant may name 500 folders
  const wire = openWire({ connections: 32, mostBytes: 262_144 });
  let endpoint: string | undefined;
  let secret: string | undefined;

  async function ask(token: string, signal: AbortSignal): Promise<Introspection> {
    endpoint ??= await findIntrospectionEndpoint({ ...options, wire, signal });
    secret ??= readSecret(options.clientSecret);
    const call: IntrospectionCall = { endpoint, wire, signal, token };
    let answer = await post(call, options.clientId, secret);
    if (answer.status === 401) {
      // loop-auth makes a new secret when its file is lost: what is in the file now may be another one
      const used = secret;
      secret = readSecret(options.clientSecret);
      if (secret !== used) answer = await post(call, options.clientId, secret);
    }
    // a proxy's 404 after a move, or another build behind the same name: look again next time
    if (answer.status === 404 || answer.status === 405) endpoint = undefined;
    return parseAnswer(answer, token);
  }

  return {
    introspect: async (token): Promise<Introspection> => {
      if (!isPossibleToken(token)) return { active: false };
      try {
        return await ask(token, AbortSignal.timeout(options.timeoutMs ?? 2_000));
      } catch (error) {
        if (error instanceof IntrospectionFailed || error instanceof AuthorizationServerUnreachable)
          throw error;
        throw new AuthorizationServerUnreachable('loop-auth did not answer', { cause: error });
      }
    },
    close: async () => wire.close(),
  };
}

interface IntrospectionCall {
  endpoint: string;
  wire: Wire;
  signal: AbortSignal;
  token: string;
}

async function post(call: IntrospectionCall, clientId: string, secret: string): Promise<Answer> {
  const send = (): Promise<Answer> =>
    call.wire.ask(call.endpoint, {
      method: 'POST',
      signal: call.signal,
      headers: {
        authorization: basicAuthorization(clientId, secret),
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        ...traceHeaders(),
      },
      body: new URLSearchParams({ token: call.token, token_type_hint: 'access_token' }).toString(),
    });
  try {
    return await send();
  } catch (error) {
    // A kept-alive connection that loop-auth closed while it was idle, as after its restart: introspection
    // changes nothing, so it is safe to ask once more on a new one.
    if (isClosedConnection(error)) return await send();
    throw error;
  }
}

function isClosedConnection(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE';
}

function parseAnswer(answer: Answer, token: string): Introspection {
  if (answer.status >= 500) {
    throw new AuthorizationServerUnreachable(`introspection answered ${answer.status}`);
  }
  // loop-auth's library refuses to look at structured tokens instead of calling them inactive
  if (answer.status === 400 && looksLikeJwt(token)) return { active: false };
  if (answer.status === 401 || answer.status === 403) {
    throw new IntrospectionFailed(
      `loop-auth refused our credential with ${answer.status} (API_CLIENT_ID, API_CLIENT_SECRET)`,
    );
  }
  if (answer.status !== 200) throw new IntrospectionFailed(`introspection answered ${answer.status}`);
  return parseIntrospection(answer.text);
}

function looksLikeJwt(token: string): boolean {
  return token.includes('.');
}

function parseIntrospection(body: string): Introspection {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new IntrospectionFailed('introspection answered what is not JSON', { cause });
  }
  const parsed = responseSchema.safeParse(json);
  if (!parsed.success) throw new IntrospectionFailed('introspection answered JSON of another shape');
  const answer = parsed.data;
  if (!answer.active) return { active: false };
  return {
    active: true,
    tokenType: answer.token_type,
    audience: [answer.aud ?? []].flat(),
    issuer: answer.iss,
    expiresAt: answer.exp,
    subject: answer.sub,
    clientId: answer.client_id,
    scopes: answer.scope?.split(' ').filter(Boolean) ?? [],
    ...readNames(answer),
    ...(answer.authorization_details === undefined
      ? {}
      : { authorizationDetails: answer.authorization_details }),
  };
}

/** UTF-16 units: as long as loop-auth lets a client call itself. */
const longestName = 200;

function readNames({
  client_name: clientName,
  username,
}: {
  client_name?: string | undefined;
  username?: string | undefined;
}): Pick<ActiveToken, 'clientName' | 'username'> {
  return {
    ...(clientName ? { clientName: boundName(clientName) } : {}),
    ...(username ? { username: boundName(username) } : {}),
  };
}

const boundName = (name: string): string => name.slice(0, longestName).toWellFormed();
