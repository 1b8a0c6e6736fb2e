// GET /verify: whether the bearer of a request is good, for a proxy that asks before it lets a request through (nginx
// auth_request, Caddy forward_auth, Traefik ForwardAuth). 200 says who calls; else the answer is the one for the client.
import type { Request, RequestHandler } from 'express';
import { type Challenge, insufficientScope, requireBearer } from './bearer.ts';
import type { Principal, TokenVerifier } from './verifier.ts';

export const createVerifyRoute = (
  verify: TokenVerifier,
  challengeOf: (req: Request) => Challenge,
): RequestHandler[] => [requireBearer(verify, challengeOf), answerVerified];

/** After requireBearer. `?scope=` names what the token must have, apart by blanks or each in one of its own. */
export const answerVerified: RequestHandler = (req, res) => {
  const principal: Principal = res.locals['principal'];
  const needed = queryOf(req.url).getAll('scope').join(' ').split(' ').filter(Boolean);
  if (needed.some((scope) => !principal.scopes.includes(scope))) throw insufficientScope(res.locals, needed);
  res
    .set({ ...headersOf(principal), 'Cache-Control': 'no-store' })
    .status(200)
    .end();
};

/** Who calls, for the server behind. It believes these headers, so that nothing may reach it past the proxy. */
export function headersOf({ subject, clientId, scopes }: Principal): Record<string, string> {
  return { 'x-loop-account': subject, 'x-loop-client': clientId, 'x-loop-scope': scopes.join(' ') };
}

export function queryOf(url: string): URLSearchParams {
  const [path = ''] = url.split('?', 1);
  return new URLSearchParams(url.slice(path.length));
}
